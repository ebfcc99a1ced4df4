"""/runs: history, cancel, delete and rerun."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.clock import settle
from domain.content.finding import Finding, Place
from domain.run.events import (
    RunCancelled,
)
from tests.entrypoints.arrangement import NOTE, House

Headers = dict[str, str]
SHORT = Finding(check="words", message="Too short.", where=Place(line=1, column=1, quote="Tea."))


async def test_a_history_has_ones_own_runs_newest_first(house: House, ann: Headers, bob: Headers) -> None:
    mine = [await house.begin(ann) for _ in range(3)]
    await house.begin(bob)

    page = await house.read("/runs", ann)

    assert [run["run_id"] for run in page["runs"]] == mine[::-1]
    assert page["next"] is None
    assert page["runs"][0] | {"status": "queued", "success": None, "owner": "id-ann", "tags": []} == page["runs"][0]


async def test_a_run_in_a_history_is_told_by_the_beginning_of_its_first_text(house: House, ann: Headers) -> None:
    await house.begin(ann, inputs={"topic": "  " + "Tea " * 40})

    page = await house.read("/runs", ann)

    assert page["runs"][0]["excerpt"] == ("Tea " * 40)[:120]


async def test_a_history_comes_in_pages(house: House, ann: Headers) -> None:
    mine = [await house.begin(ann) for _ in range(5)]

    seen: list[str] = []
    after = ""
    for size in (2, 2, 1):
        page = await house.read(f"/runs?limit=2{after}", ann)
        assert len(page["runs"]) == size
        seen += [run["run_id"] for run in page["runs"]]
        after = f"&after={page['next']}"

    assert (seen, after) == (mine[::-1], "&after=None")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=complete", [0]),
        ("status=queued", [2, 1]),
        ("status=complete&status=queued", [2, 1, 0]),
        ("prompt=note", [2, 1, 0]),
        ("prompt=faq", []),
        ("text=COFFEE", [2]),
        ("text=winter", [1]),
    ],
)
async def test_a_history_can_be_filtered(house: House, ann: Headers, query: str, found: list[int]) -> None:
    ids = [
        await house.begin(ann),
        await house.begin(ann, tags=["winter"]),
        await house.begin(ann, inputs={"topic": "coffee"}),
    ]
    await house.complete(ids[0])

    page = await house.read(f"/runs?{query}", ann)

    assert [run["run_id"] for run in page["runs"]] == [ids[place] for place in found]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=paused", "/status/0"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=many", "/limit"),
        ("limit=null", "/limit"),
        ("everyone=Null", "/everyone"),
        ("limit=1&limit=2", "/limit"),
        ("owner=id-bob", "/owner"),
        ("prompt=", "/prompt"),
    ],
)
async def test_a_query_is_as_strict_as_a_body(house: House, ann: Headers, query: str, pointer: str) -> None:
    answer = await house.ask("GET", f"/runs?{query}", ann)

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in (await answer.get_json())["errors"]] == [pointer]


@pytest.mark.parametrize("after", ["x", "%00", "-1", "99999999999999999999999", "%F0%9F%98%80"])
async def test_a_page_cursor_of_nobody_is_400(house: House, ann: Headers, after: str) -> None:
    assert (await house.ask("GET", f"/runs?after={after}", ann)).status_code == 400


async def test_only_admins_list_everyones_runs(house: House, ann: Headers, bob: Headers, admin: Headers) -> None:
    runs = {await house.begin(ann), await house.begin(bob)}

    page = await house.read("/runs?everyone=true", admin)

    assert {run["run_id"] for run in page["runs"]} == runs
    assert (await house.read("/runs", admin))["runs"] == []
    assert (await house.ask("GET", "/runs?everyone=true", ann)).status_code == 403


async def test_a_run_that_has_ended_can_be_deleted(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    live = await house.ask("DELETE", f"/runs/{run_id}", ann)
    await house.complete(run_id)

    gone = await house.ask("DELETE", f"/runs/{run_id}", ann)

    assert (live.status_code, (await live.get_json())["code"]) == (409, "run_live")
    assert (gone.status_code, await gone.get_data()) == (204, b"")
    assert (await house.ask("GET", f"/runs/{run_id}", ann)).status_code == 404


async def test_a_queued_run_is_cancelled_at_once(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("POST", f"/runs/{run_id}/cancel", ann)

    assert (answer.status_code, await answer.get_json()) == (200, {"run_id": run_id, "status": "cancelled"})


async def test_a_running_run_is_asked_to_stop(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    lease = await house.claim(run_id)

    answer = await house.ask("POST", f"/runs/{run_id}/cancel", ann)

    assert (answer.status_code, await answer.get_json()) == (202, {"run_id": run_id, "status": "running"})
    assert (await house.store.queue.renew(lease, wait_seconds=0)).cancel_requested


async def test_a_cancel_can_wait_for_its_effect(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    lease = await house.claim(run_id)
    asked = asyncio.create_task(house.ask("POST", f"/runs/{run_id}/cancel", {**ann, "Prefer": "wait=5"}))
    await settle()
    assert not asked.done()

    await house.write(lease, RunCancelled(message="Cancelled."))

    answer = await asked
    assert (answer.status_code, (await answer.get_json())["status"]) == (200, "cancelled")
    assert answer.headers["Preference-Applied"] == "wait=5"


async def test_a_cancel_that_takes_longer_than_one_waits_is_202(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.claim(run_id)
    asked = asyncio.create_task(house.ask("POST", f"/runs/{run_id}/cancel", {**ann, "Prefer": "wait=5"}))
    await house.clock.advance(6)

    assert (await asked).status_code == 202


async def test_a_run_that_has_ended_stays_as_it_is(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id)

    answer = await house.ask("POST", f"/runs/{run_id}/cancel", ann)

    assert (answer.status_code, (await answer.get_json())["status"]) == (200, "complete")


async def rerun(house: House, headers: Headers, run_id: str, body: Any = None) -> dict[str, Any]:
    answer = await house.ask("POST", f"/runs/{run_id}/rerun", headers, body)
    assert answer.status_code == 202, await answer.get_data()
    new_id = (await answer.get_json())["run_id"]
    assert answer.headers["Location"] == f"/runs/{new_id}"
    return await house.read(f"/runs/{new_id}", headers)


async def test_a_rerun_is_a_new_run_of_the_same_request_and_version(house: House, ann: Headers, admin: Headers) -> None:
    run_id = await house.begin(ann, tags=["a"], limits={"attempts": 2})
    await house.ask("POST", "/prompts/note/versions", admin, {**NOTE, "title": "Note, again"})

    new = await rerun(house, ann, run_id)
    old = await house.read(f"/runs/{run_id}", ann)

    assert new["run_id"] != run_id
    assert new["request"] == {**old["request"], "prompt": "note@1"}
    assert [new[name] for name in ("prompt", "limits", "model")] == [
        old[name] for name in ("prompt", "limits", "model")
    ]


async def test_a_rerun_can_change_what_it_names(house: House, ann: Headers, admin: Headers) -> None:
    run_id = await house.begin(ann, tags=["a"])
    await house.ask("POST", "/prompts/note/versions", admin, {**NOTE, "title": "Note, again"})

    new = await rerun(house, ann, run_id, {"prompt": "note", "inputs": {"topic": "coffee"}, "model": "other"})

    assert (new["prompt"]["version"], new["request"]["inputs"]["topic"], new["model"]) == (2, "coffee", "other")
    assert new["request"]["tags"] == ["a"]


async def test_a_reruns_faults_point_into_its_body(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)

    answers = [
        await house.ask("POST", f"/runs/{run_id}/rerun", ann, body)
        for body in ({"inputs": {}}, {"owner": "bob"}, {"limits": {"attempts": 0}})
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert [(await answer.get_json())["errors"][0]["pointer"] for answer in answers] == [
        "/inputs/topic",
        "/owner",
        "/limits/attempts",
    ]


async def test_a_rerun_with_a_key_is_one_run(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    headers = {**ann, "Idempotency-Key": "again"}

    ids = {(await rerun(house, headers, run_id))["run_id"] for _ in range(3)}

    assert len(ids) == 1


async def test_a_run_id_that_is_none_is_404(house: House, ann: Headers) -> None:
    for run_id in ("x", "..", "%2e%2e", "%00", "a%0d%0aX: y", "é", "a" * 3000):
        answer = await house.ask("GET", f"/runs/{run_id}", ann)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
