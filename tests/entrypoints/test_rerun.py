"""POST /runs/{id}/rerun from a stage with a draft, and what is kept of where a run came from."""

from __future__ import annotations

from typing import Any

import pytest

from domain.run.events import DraftWritten
from domain.run.model import Stage
from tests.entrypoints.arrangement import BODY, GENERATING, House, delta

Headers = dict[str, str]
DRAFT = DraftWritten(message="Initial draft generated", draft="Tea.")


async def drafted(house: House, headers: Headers) -> str:
    """Return a live run that has its draft."""
    run_id = await house.begin(headers)
    await house.write(await house.claim(run_id), GENERATING, delta("Tea."), DRAFT)
    return run_id


async def rerun(house: House, headers: Headers, run_id: str, body: Any = None) -> str:
    answer = await house.ask("POST", f"/runs/{run_id}/rerun", headers, body)
    assert answer.status_code == 202, await answer.get_data()
    return str((await answer.get_json())["run_id"])


async def refuse(house: House, headers: Headers, run_id: str, body: Any) -> tuple[int, list[tuple[str, str]]]:
    answer = await house.ask("POST", f"/runs/{run_id}/rerun", headers, body)
    faults = (await answer.get_json()).get("errors", [])
    return answer.status_code, [(fault["pointer"], fault["detail"]) for fault in faults]


async def start_of(house: House, run_id: str) -> tuple[str, str | None, bool]:
    """Return stage and draft that a run starts with, and whether somebody edited it."""
    start = (await house.store.runs.get(run_id))[0].spec.rerun_of
    assert start is not None
    return start.stage, start.draft, start.edited


@pytest.mark.parametrize(
    ("body", "start"),
    [
        ({}, ("generator", None, False)),
        ({"stage": "generator"}, ("generator", None, False)),
        ({"draft": "Green tea."}, ("formatter", "Green tea.", True)),
        ({"stage": "formatter", "draft": "Green tea."}, ("formatter", "Green tea.", True)),
        ({"stage": "validator", "draft": "Green tea."}, ("validator", "Green tea.", True)),
        ({"stage": "formatter"}, ("formatter", "Tea.", False)),
        ({"stage": "validator"}, ("validator", "Tea.", False)),
        ({"draft": "Tea.", "model": "other", "tags": ["x"]}, ("formatter", "Tea.", True)),
    ],
)
async def test_a_rerun_starts_where_its_body_says(house: House, ann: Headers, body: Any, start: Any) -> None:
    new = await rerun(house, ann, await drafted(house, ann), body)

    assert await start_of(house, new) == start


async def test_the_record_says_which_run_and_stage_it_came_from(house: House, ann: Headers) -> None:
    old = await drafted(house, ann)
    new = await rerun(house, ann, old, {"draft": "Green tea."})

    records = [await (await house.ask("GET", f"/runs/{run_id}", ann)).get_json() for run_id in (old, new)]

    assert [record["rerun_of"] for record in records] == [
        None,
        {"run_id": old, "stage": "formatter", "edited": True},
    ]
    assert records[1]["request"] == {**records[0]["request"], "prompt": "note@1"}


async def test_a_rerun_of_a_rerun_names_the_one_it_was_made_from(house: House, ann: Headers) -> None:
    first = await rerun(house, ann, await drafted(house, ann), {"draft": "Green tea."})
    second = await rerun(house, ann, first)

    record = await (await house.ask("GET", f"/runs/{second}", ann)).get_json()

    assert record["rerun_of"] == {"run_id": first, "stage": "generator", "edited": False}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"stage": "generator", "draft": "Tea."}, "/draft"),
        ({"draft": ""}, "/draft"),
        ({"draft": "x" * 200_001}, "/draft"),
        ({"stage": "done"}, "/stage"),
        ({"stage": "retry"}, "/stage"),
        ({"rerun_of": {"run_id": "x"}}, "/rerun_of"),
    ],
)
async def test_what_can_be_no_start_is_refused(house: House, ann: Headers, body: Any, pointer: str) -> None:
    status, faults = await refuse(house, ann, await drafted(house, ann), body)

    assert (status, [where for where, _ in faults]) == (422, [pointer])


@pytest.mark.parametrize("stage", ["formatter", "validator"])
async def test_a_run_without_a_draft_gives_none(house: House, ann: Headers, stage: str) -> None:
    run_id = await house.begin(ann)

    refused = await refuse(house, ann, run_id, {"stage": stage})

    assert refused == (422, [("/draft", f"is required for `{stage}`: that run has no draft of its own")])


async def test_one_key_is_one_run_and_another_draft_is_another_request(house: House, ann: Headers) -> None:
    old, headers = await drafted(house, ann), {**ann, "Idempotency-Key": "mine"}

    same = {await rerun(house, headers, old, {"draft": "Green tea."}) for _ in range(3)}

    assert len(same) == 1
    for body in ({"draft": "Black tea."}, {"draft": "Green tea.", "stage": "validator"}, {}):
        assert await refuse(house, headers, old, body) == (422, [])
    assert (await house.ask("POST", "/run", {**headers, "Prefer": "respond-async"}, BODY)).status_code == 422


async def test_nobody_takes_over_somebody_elses_draft(house: House, ann: Headers, bob: Headers) -> None:
    assert await refuse(house, bob, await drafted(house, ann), {"stage": "formatter"}) == (404, [])


async def test_the_stages_are_the_pipelines() -> None:
    assert {"generator", "formatter", "validator"} <= {stage.value for stage in Stage}
