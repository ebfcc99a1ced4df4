"""Webhooks over HTTP: naming one, the secret, and what is shown of it to whom."""

from __future__ import annotations

from typing import Any

import pytest
from standardwebhooks import Webhook

from domain.admission import AdmissionRules
from domain.webhook.delivery import Delivery
from tests.entrypoints.arrangement import BODY, House, open_house

Headers = dict[str, str]
HOOK = "https://hooks.example.com/path?token=s3cret"


async def get(house: House, path: str, headers: Headers) -> Any:
    answer = await house.ask("GET", path, headers)
    assert answer.status_code == 200
    return await answer.get_json()


async def post(house: House, path: str, headers: Headers, body: Any = None) -> tuple[int, Any]:
    answer = await house.ask("POST", path, {**headers, "Prefer": "respond-async"}, body)
    return answer.status_code, await answer.get_json()


async def test_the_record_tells_how_far_the_delivery_is(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann, webhook=HOOK)
    shown = [(await get(house, f"/runs/{run_id}", ann))["delivery"]]
    await house.complete(run_id)
    for tries, failure in enumerate(["The receiver answered 500.", None], 1):
        assert await house.store.webhooks.claim(lease_seconds=30) is not None
        delivery = Delivery(run_id=run_id, owner="id-ann", tries=tries)
        await house.store.webhooks.settle(delivery, failure=failure, retry_seconds=0)
        shown.append((await get(house, f"/runs/{run_id}", ann))["delivery"])

    assert shown == [
        {"status": "pending", "tries": 0, "failure": None},
        {"status": "pending", "tries": 1, "failure": "The receiver answered 500."},
        {"status": "delivered", "tries": 2, "failure": None},
    ]


async def test_a_run_without_a_webhook_has_no_delivery(house: House, ann: Headers) -> None:
    record = await get(house, f"/runs/{await house.begin(ann)}", ann)

    assert (record["delivery"], record["request"]["webhook"]) == (None, None)


async def test_only_its_owner_is_shown_where_a_webhook_leads(house: House, ann: Headers, admin: Headers) -> None:
    path = f"/runs/{await house.begin(ann, webhook=HOOK)}"

    shown = [(await get(house, path, headers))["request"]["webhook"] for headers in (ann, admin)]

    assert shown == [HOOK, "https://hooks.example.com/..."]


async def test_a_webhook_is_in_no_list_and_no_event(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann, webhook=HOOK)
    await house.complete(run_id)

    assert "s3cret" not in str(await get(house, "/runs", ann))
    assert b"s3cret" not in b"".join(record.data for record in await house.store.log.read(run_id))
    assert (await get(house, "/runs?text=s3cret", ann))["runs"] == []


@pytest.mark.parametrize("path", ["/run", "/run/stream", "/runs/{run_id}/rerun"])
@pytest.mark.parametrize(
    "webhook", ["ftp://hooks.example.com/", "http://hooks.example.com/", "https://10.0.0.1/", "https://a@b/", "", 7]
)
async def test_a_webhook_that_nobody_may_call_is_refused(house: House, ann: Headers, path: str, webhook: Any) -> None:
    run_id = await house.begin(ann)

    status, problem = await post(house, path.format(run_id=run_id), ann, {**BODY, "webhook": webhook})

    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (422, ["/webhook"])


async def test_a_service_without_a_key_refuses_webhooks_and_says_so() -> None:
    async with open_house(webhook_keys=None, rules=AdmissionRules(default_model="scripted")) as house:
        ann = await house.log_in("ann")

        refused = await post(house, "/run", ann, {**BODY, "webhook": HOOK})
        secret = await house.ask("GET", "/webhook-secret", ann)

    assert (refused[0], refused[1]["errors"]) == (
        422,
        [
            {
                "pointer": "/webhook",
                "detail": "can't be called by this service; leave it out, or have the operator set WEBHOOK_SECRET",
            }
        ],
    )
    assert (secret.status_code, (await secret.get_json())["code"]) == (404, "no_webhooks")


async def test_the_same_key_with_another_webhook_is_another_request(house: House, ann: Headers) -> None:
    headers = {**ann, "Idempotency-Key": "mine"}
    first = await post(house, "/run", headers, {**BODY, "webhook": HOOK})

    again = await post(house, "/run", headers, {**BODY, "webhook": HOOK})
    other = await post(house, "/run", headers, {**BODY, "webhook": f"{HOOK}2"})

    assert (first[0], again, other[0]) == (202, first, 422)


async def test_a_rerun_tells_the_same_webhook_unless_it_names_another_one_or_none(house: House, ann: Headers) -> None:
    old = await house.begin(ann, webhook=HOOK)

    async def rerun(body: Any) -> Any:
        _, made = await post(house, f"/runs/{old}/rerun", ann, body)
        return (await get(house, f"/runs/{made['run_id']}", ann))["request"]["webhook"]

    assert [await rerun(body) for body in ({}, {"webhook": None}, {"webhook": f"{HOOK}2"})] == [HOOK, None, f"{HOOK}2"]


async def test_a_rerun_of_somebody_elses_run_tells_nobody(house: House, ann: Headers, admin: Headers) -> None:
    old = await house.begin(ann, webhook=HOOK)

    _, made = await post(house, f"/runs/{old}/rerun", admin, {})

    record = await get(house, f"/runs/{made['run_id']}", admin)
    assert (record["request"]["webhook"], record["delivery"]) == (None, None)


async def test_everybody_is_shown_a_secret_of_their_own(house: House, ann: Headers, bob: Headers) -> None:
    shown = [await get(house, "/webhook-secret", headers) for headers in (ann, bob, ann)]

    assert shown[0] == shown[2] != shown[1]
    for one in shown:
        (secret,) = one["secrets"]
        Webhook(secret)
    answer = await house.ask("GET", "/webhook-secret", ann)
    assert answer.headers["Cache-Control"] == "no-store"
