"""Who may use which route: every route of the API's own description for everybody who might ask (OWASP API1, API5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen

# Else a thread imports it at its first use, for which a look at what comes at once does not wait.
import entrypoints.http.protocols.mcp_speaker  # noqa: F401
from domain.user import Role
from entrypoints.services import new_run_id
from tests.entrypoints.arrangement import ACCESS_SECONDS, BODY, NOTE, House, open_stream
from tests.entrypoints.mcp_session import INITIALIZE

Headers = dict[str, str]


@frozen(kw_only=True)
class Sample:
    """A request to a route that succeeds for those who may make it."""

    body: Any = None
    headers: Headers = field(factory=dict)
    names: Mapping[str, str] = field(factory=dict)


LATER = {"Prefer": "respond-async"}
SAMPLES = {
    "cancel": Sample(),
    "check_draft": Sample(body={"content": ""}),
    "compare_versions": Sample(names={"name": "note"}),
    "download_output": Sample(),
    "follow_mine": Sample(),
    "follow_one": Sample(),
    "is_live": Sample(),
    "is_ready": Sample(),
    "list_models": Sample(),
    "list_prompts": Sample(),
    "list_runs": Sample(),
    "list_versions": Sample(names={"name": "note"}),
    "listen_mcp": Sample(),
    "log_in": Sample(body={"username": "nobody", "password": "nothing"}),
    "log_out": Sample(),
    "make_ticket": Sample(),
    "preview_prompt": Sample(body={"prompt": "note", "inputs": {"topic": "tea"}}),
    "publish_version": Sample(body=NOTE, names={"name": "note"}),
    "refresh": Sample(body={"refresh_token": "x"}),
    "remove_run": Sample(),
    "rerun": Sample(),
    "run_ag_ui": Sample(
        body={
            "threadId": "t",
            "runId": "r",
            "messages": [{"id": "m", "role": "user", "content": "tea"}],
            "forwardedProps": {"prompt": "note"},
        }
    ),
    "resume_message": Sample(names={"chat_id": "chat-1"}),
    "run_and_stream": Sample(body=BODY),
    "run_and_wait": Sample(body=BODY, headers=LATER),
    "send_asset": Sample(names={"name": "app.js"}),
    "send_file": Sample(names={"name": "favicon.svg"}),
    "speak_mcp": Sample(body=INITIALIZE),
    "set_label": Sample(body={"version": 1}, names={"name": "note", "label": "production"}),
    "show_description": Sample(),
    "show_me": Sample(),
    "show_metrics": Sample(),
    "show_page": Sample(),
    "show_prompt": Sample(names={"name": "note"}),
    "show_reference": Sample(),
    "show_run": Sample(),
    "show_webhook_secret": Sample(),
    "stream_message": Sample(body={"prompt": "tea", "run": {"prompt": "note"}}),
}
USERS_GET = {"listen_mcp": 400}
"""What a route answers to users whom it does not refuse, where its sample lacks what only one of them could have."""
EVERYBODY_GETS = {"log_in": 401, "refresh": 401, "send_asset": 404, "send_file": 404}
"""Public routes whose sample finds nothing, or no right password: the same for whoever asks."""


async def describe(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    paths = (await (await house.ask("GET", "/openapi.json", {})).get_json())["paths"]
    return [(path, method, told) for path, methods in paths.items() for method, told in methods.items()]


async def log_in_all(house: House) -> dict[str, Headers]:
    expired = await house.log_in("owner")
    await house.clock.advance(ACCESS_SECONDS)
    actors = {
        "anonymous": {},
        "expired": expired,
        "owner": await house.log_in("owner"),
        "other": await house.log_in("other"),
        "editor": await house.log_in("editor", Role.EDITOR, Role.AUTHOR),
        "admin": await house.log_in("admin", Role.ADMIN),
        "logged_out": await house.log_in("owner"),
    }
    left = await house.principal(actors["logged_out"])
    await house.store.sessions.revoke(session_id=left.session)
    return actors


async def probe(house: House, path: str, method: str, told: Mapping[str, Any], headers: Headers) -> tuple[int, bytes]:
    """Make a route's sample request; of a stream take what comes at once."""
    sample = SAMPLES[told["operationId"]]
    sent = {**headers, **sample.headers}
    if "text/event-stream" not in told["responses"].get("200", {}).get("content", {}):
        answer = await house.ask(method.upper(), path, sent, sample.body)
        return answer.status_code, await answer.get_data()
    async with open_stream(house, path, sent, sample.body, method.upper()) as stream:
        assert stream.status is not None
        return stream.status, stream.data


def expect(access: str, actor: str, operation: str, *, is_about_a_run: bool) -> set[int]:
    good = {USERS_GET[operation]} if operation in USERS_GET else {200, 201, 202, 204}
    if operation == "log_out":
        return {401} if actor in ("anonymous", "expired", "logged_out") else good
    if access == "public":
        return {EVERYBODY_GETS.get(operation, 200)}
    if actor in ("anonymous", "expired", "logged_out"):
        return {401}
    if access == "editor" and actor not in ("editor", "admin"):
        return {403}
    if access in ("admin", "metrics") and actor != "admin":
        return {403}
    if is_about_a_run and actor not in ("owner", "admin"):
        return {404}
    return good


async def test_every_route_has_a_sample(house: House) -> None:
    assert {told["operationId"] for _, _, told in await describe(house)} == set(SAMPLES)


@pytest.mark.parametrize("operation", SAMPLES)
async def test_a_route_is_for_those_it_is_for(house: House, operation: str) -> None:
    ((path, method, told),) = [one for one in await describe(house) if one[2]["operationId"] == operation]
    unexpected = {}
    for actor, headers in (await log_in_all(house)).items():
        run_id = await house.begin(await house.log_in("owner"))
        await house.complete(run_id)
        address = path.format(**{"run_id": run_id, **SAMPLES[operation].names})
        status, _ = await probe(house, address, method, told, headers)
        if status not in expect(told["x-access"], actor, operation, is_about_a_run="run_id" in path):
            unexpected[actor] = status

    assert unexpected == {}


async def test_somebody_elses_run_answers_byte_for_byte_as_none(house: House) -> None:
    actors = await log_in_all(house)
    run_id = await house.begin(actors["owner"])
    about_runs = [one for one in await describe(house) if "{run_id}" in one[0]]
    assert len(about_runs) >= 5

    for path, method, told in about_runs:
        foreign = await probe(house, path.format(run_id=run_id), method, told, actors["other"])
        unknown = await probe(house, path.format(run_id=new_run_id()), method, told, actors["other"])
        assert foreign == unknown

    assert (await house.ask("GET", f"/runs/{run_id}", actors["owner"])).status_code == 200


@pytest.mark.parametrize("swapped", ["path", "cursor", "both"])
async def test_a_cursor_opens_nobody_elses_run(house: House, ann: Headers, bob: Headers, swapped: str) -> None:
    mine, foreign = await house.begin(ann), await house.begin(bob)
    path = mine if swapped == "cursor" else foreign
    cursor = mine if swapped == "path" else foreign

    answer = await house.ask("GET", f"/runs/{path}/events", {**ann, "Last-Event-ID": f"{cursor}:0-1"})

    assert answer.status_code == (409 if swapped == "cursor" else 404)
    assert b"id:" not in await answer.get_data()


@pytest.mark.parametrize(
    "extra",
    ["owner", "user_id", "status", "epoch", "seq", "trace_id", "cost_usd", "created_at", "roles", "__class__", "key"],
)
@pytest.mark.parametrize("path", ["/run", "/run/stream", "/runs/{run_id}/rerun"])
async def test_fields_that_are_not_the_callers_to_set_are_refused(
    house: House, ann: Headers, path: str, extra: str
) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("POST", path.format(run_id=run_id), ann, {**BODY, extra: "id-bob"})

    assert (answer.status_code, (await answer.get_json())["errors"][0]["pointer"]) == (422, f"/{extra}")


async def test_a_token_in_the_address_is_not_looked_at(house: House, ann: Headers) -> None:
    token = ann["Authorization"].removeprefix("Bearer ")

    for name in ("token", "access_token", "jwt", "authorization", "api_key"):
        answer = await house.ask("GET", f"/runs?{name}={token}", {})
        assert answer.status_code == 401
        assert token.encode() not in await answer.get_data()
        assert token not in str(answer.headers)


async def test_a_401_says_how_to_authenticate(house: House, ann: Headers) -> None:
    without = await house.ask("GET", "/runs", {})
    forged = await house.ask("GET", "/runs", {"Authorization": "Bearer a.b.c"})

    assert without.headers["WWW-Authenticate"] == 'Bearer realm="galley"'
    assert forged.headers["WWW-Authenticate"] == 'Bearer realm="galley", error="invalid_token"'
    assert (await without.get_json())["code"] == "missing_token"
