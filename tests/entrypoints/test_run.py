"""POST /run and POST /run/stream."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from adapters.clock import settle
from domain.run.events import Event, RunCancelled, RunCompleted, RunFailed
from domain.run.model import RunStatus, Stage
from domain.user import Role
from entrypoints.services import new_run_id
from tests.entrypoints.arrangement import BODY, COMPLETE, GENERATING, NOTE, House, delta, open_stream
from tests.entrypoints.event_stream import EventStream

Headers = dict[str, str]
RUN_ID = "0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10"
_EDITOR = (Role.EDITOR,)


def failed(*, retryable: bool = False, limit: str | None = None) -> RunFailed:
    return RunFailed(
        code="limit_reached" if limit else "provider_refused",
        message="It could not be done.",
        retryable=retryable,
        stage=Stage.GENERATOR,
        draft="Te",
        metadata={"limit": limit},
    )


async def post_and_end(house: House, headers: Headers, *events: Event) -> tuple[int, dict[str, Any]]:
    """Post a blocking run, let it end so, and return its answer."""
    run_id = str(uuid4())
    posted = asyncio.create_task(house.ask("POST", "/run", headers, {**BODY, "run_id": run_id}))
    await settle()
    await house.write(await house.claim(run_id), *events)
    answer = await posted
    assert answer.headers["X-Run-Id"] == run_id
    body = await answer.get_json()
    assert body["run_id"] == run_id
    return answer.status_code, body


@pytest.mark.parametrize("success", [True, False])
async def test_a_complete_run_answers_200_with_the_terminal_events_data(
    house: House, ann: Headers, success: bool
) -> None:
    event = RunCompleted(success=success, output="Tea.\n", metadata={"limit": None})

    status, body = await post_and_end(house, ann, event)

    assert status == 200
    assert (body["type"], body["success"], body["output"], body["metadata"]) == (
        "complete",
        success,
        "Tea.\n",
        {"limit": None},
    )


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (failed(), 502),
        (failed(retryable=True), 503),
        (failed(limit="deadline_seconds"), 504),
        (failed(limit="total_tokens"), 502),
    ],
)
async def test_a_failed_run_answers_a_problem_with_the_text_so_far(
    house: House, ann: Headers, event: RunFailed, status: int
) -> None:
    answered, body = await post_and_end(house, ann, event)

    assert answered == body["status"] == status
    assert (body["code"], body["detail"], body["draft"], body["metadata"]) == (
        event.code,
        event.message,
        "Te",
        event.metadata,
    )


async def test_a_failed_run_that_is_worth_retrying_says_when(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann, run_id=RUN_ID)
    await house.write(await house.claim(run_id), failed(retryable=True))
    answer = await house.ask("POST", "/run", ann, {**BODY, "run_id": run_id})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


async def test_a_cancelled_run_answers_409(house: House, ann: Headers) -> None:
    status, body = await post_and_end(house, ann, RunCancelled(message="Cancelled.", draft="Te"))

    assert (status, body["code"], body["draft"]) == (409, "cancelled", "Te")


async def test_respond_async_answers_at_once_and_says_where_to_look(house: House, ann: Headers) -> None:
    answer = await house.ask("POST", "/run", {**ann, "Prefer": "respond-async"}, BODY)

    run_id = (await answer.get_json())["run_id"]
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/runs/{run_id}"
    assert answer.headers["Preference-Applied"] == "respond-async"


@pytest.mark.parametrize("prefer", ["wait=5", "respond-async, wait=5", "WAIT=5, handling=lenient"])
async def test_wait_answers_202_after_that_long(house: House, ann: Headers, prefer: str) -> None:
    posted = asyncio.create_task(house.ask("POST", "/run", {**ann, "Prefer": prefer}, BODY))
    await house.clock.advance(4.9)
    assert not posted.done()

    await house.clock.advance(0.2)
    assert (await posted).status_code == 202


@pytest.mark.parametrize("prefer", ["wait=-1", "wait=soon", "wait=99999999", "return=minimal", ""])
async def test_a_preference_that_is_not_understood_is_passed_over(house: House, ann: Headers, prefer: str) -> None:
    posted = asyncio.create_task(house.ask("POST", "/run", {**ann, "Prefer": prefer}, BODY))
    await house.clock.advance(100)
    assert not posted.done()

    house.drain.set()
    assert (await posted).status_code == 503


async def test_a_process_that_goes_away_says_that_the_run_goes_on(house: House, ann: Headers) -> None:
    posted = asyncio.create_task(house.ask("POST", "/run", ann, BODY))
    await settle()
    house.drain.set()
    answer = await posted

    body = await answer.get_json()
    assert (answer.status_code, body["code"], answer.headers["Retry-After"]) == (503, "draining", "1")
    assert answer.headers["Location"] == f"/runs/{body['run_id']}"


async def test_a_stream_shows_a_run_from_its_first_event_to_its_terminal_one(house: House, ann: Headers) -> None:
    async with open_stream(house, "/run/stream", ann, BODY) as stream:
        run_id = stream.headers["X-Run-Id"]
        await house.complete(run_id, GENERATING, delta("Tea."))
        seen = EventStream.read(await stream.read())

    assert stream.status == 200
    assert stream.headers["Location"] == f"/runs/{run_id}/events"
    assert stream.headers["Content-Location"] == f"/runs/{run_id}"
    assert [message.event for message in seen.messages] == ["run", "progress", "delta", "complete"]
    assert [message.last_event_id for message in seen.messages] == [
        f"{run_id}:0-1",
        f"{run_id}:1-2",
        f"{run_id}:1-3",
        f"{run_id}:1-4",
    ]


async def test_a_disconnect_does_not_end_a_run(house: House, ann: Headers) -> None:
    async with open_stream(house, "/run/stream", ann, BODY) as stream:
        run_id = stream.headers["X-Run-Id"]

    assert (await house.store.log.tail(run_id)).status is RunStatus.QUEUED
    await house.complete(run_id)


async def test_fifty_posts_with_one_key_are_one_run(house: House, ann: Headers) -> None:
    headers = {**ann, "Idempotency-Key": "k-1", "Prefer": "respond-async"}

    answers = await asyncio.gather(*(house.ask("POST", "/run", headers, BODY) for _ in range(50)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({(await answer.get_data()) for answer in answers}) == 1
    page = await (await house.ask("GET", "/runs", ann)).get_json()
    assert len(page["runs"]) == 1


async def test_a_known_key_attaches_to_the_runs_stream_from_its_start(house: House, ann: Headers) -> None:
    headers = {**ann, "Idempotency-Key": "k-1"}
    async with open_stream(house, "/run/stream", headers, BODY) as stream:
        run_id = stream.headers["X-Run-Id"]
    await house.complete(run_id)

    async with open_stream(house, "/run/stream", headers, BODY) as stream:
        seen = EventStream.read(stream.data)

    assert [message.last_event_id for message in seen.messages] == [f"{run_id}:0-1", f"{run_id}:1-2"]


async def test_a_known_key_answers_with_the_result_that_there_is(house: House, ann: Headers) -> None:
    headers = {**ann, "Idempotency-Key": "k-1"}
    accepted = await house.ask("POST", "/run", {**headers, "Prefer": "respond-async"}, BODY)
    await house.complete((await accepted.get_json())["run_id"])

    answer = await house.ask("POST", "/run", headers, BODY)

    assert (answer.status_code, (await answer.get_json())["output"]) == (200, COMPLETE.output)


async def test_a_known_key_still_finds_its_run_when_the_prompt_set_has_changed(house: House, ann: Headers) -> None:
    headers = {**ann, "Idempotency-Key": "k-1", "Prefer": "respond-async"}
    first = await house.ask("POST", "/run", headers, BODY)
    more = {**NOTE["inputs"]["properties"], "audience": {"type": "string", "maxLength": 99}}
    stricter = {**NOTE, "inputs": {**NOTE["inputs"], "properties": more, "required": ["topic", "audience"]}}
    editor = await house.log_in("eve", *_EDITOR)
    published = await house.ask("POST", "/prompts/note/versions", editor, stricter)
    assert published.status_code == 201

    again = await house.ask("POST", "/run", headers, BODY)
    unknown = await house.ask("POST", "/run", ann, BODY)

    assert await again.get_json() == await first.get_json()
    assert unknown.status_code == 422


@pytest.mark.parametrize("named", ["key", "run_id", "both"])
async def test_a_known_name_with_another_body_is_422(house: House, ann: Headers, named: str) -> None:
    headers = {**ann, "Prefer": "respond-async"} | ({"Idempotency-Key": "k"} if named != "run_id" else {})
    body = {**BODY} | ({"run_id": new_run_id()} if named != "key" else {})
    first = await house.ask("POST", "/run", headers, body)

    answer = await house.ask("POST", "/run", headers, {**body, "inputs": {"topic": "coffee"}})

    assert (first.status_code, answer.status_code) == (202, 422)
    assert (await answer.get_json())["code"] == "idempotency_conflict"


async def test_two_users_may_have_the_same_key(house: House, ann: Headers, bob: Headers) -> None:
    answers = [
        await house.ask("POST", "/run", {**headers, "Idempotency-Key": "k", "Prefer": "respond-async"}, BODY)
        for headers in (ann, bob)
    ]

    assert len({(await answer.get_json())["run_id"] for answer in answers}) == 2


async def test_somebody_elses_run_id_can_not_be_taken(house: House, ann: Headers, bob: Headers) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("POST", "/run", bob, {**BODY, "run_id": run_id})

    assert answer.status_code == 422
    assert (await answer.get_json())["code"] == "idempotency_conflict"


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "a" * 256, "a\tb"])
async def test_a_key_that_is_none_is_400(house: House, ann: Headers, key: str) -> None:
    assert (await house.ask("POST", "/run", {**ann, "Idempotency-Key": key}, BODY)).status_code == 400


async def test_a_post_with_a_cursor_goes_on_and_starts_nothing(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id, GENERATING)

    async with open_stream(house, "/run/stream", {**ann, "Last-Event-ID": f"{run_id}:1-2"}, BODY) as stream:
        seen = EventStream.read(stream.data)

    assert [json.loads(message.data)["seq"] for message in seen.messages] == [3]
    assert len((await (await house.ask("GET", "/runs", ann)).get_json())["runs"]) == 1


async def test_a_post_with_the_terminal_cursor_is_204(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id)

    answer = await house.ask("POST", "/run/stream", {**ann, "Last-Event-ID": f"{run_id}:1-2"}, BODY)

    assert answer.status_code == 204


async def test_a_post_with_a_cursor_of_no_known_run_is_409_whosever_it_is(
    house: House, ann: Headers, bob: Headers
) -> None:
    foreign = await house.begin(bob)
    answers = [
        await house.ask("POST", "/run/stream", {**ann, "Last-Event-ID": f"{run_id}:0-1"}, BODY)
        for run_id in (new_run_id(), foreign)
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert await answers[0].get_data() == await answers[1].get_data()
    assert (await (await house.ask("GET", "/runs", ann)).get_json())["runs"] == []


async def test_a_cursor_and_the_key_of_another_request_do_not_go_together(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    headers = {**ann, "Idempotency-Key": "k", "Last-Event-ID": f"{run_id}:0-1"}

    answer = await house.ask("POST", "/run/stream", headers, {**BODY, "inputs": {"topic": "coffee"}})

    assert answer.status_code == 422


async def test_a_fault_in_the_request_is_told_before_anything_is_created(house: House, ann: Headers) -> None:
    answer = await house.ask("POST", "/run/stream", ann, {**BODY, "inputs": {}})

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert [fault["pointer"] for fault in (await answer.get_json())["errors"]] == ["/inputs/topic"]
    assert (await (await house.ask("GET", "/runs", ann)).get_json())["runs"] == []


@pytest.mark.parametrize("prompt", ["nothing", "note@9", "note@nowhere", "note@", "@"])
async def test_an_unknown_prompt_set_is_a_fault_of_the_request(house: House, ann: Headers, prompt: str) -> None:
    answer = await house.ask("POST", "/run", ann, {**BODY, "prompt": prompt})

    problem = await answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "prompt_not_found")
    assert problem["errors"][0]["pointer"] == "/prompt"


async def test_the_trace_of_whoever_asks_is_the_runs(house: House, ann: Headers) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"

    answer = await house.ask(
        "POST", "/run", {**ann, "Prefer": "respond-async", "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}, BODY
    )

    run, _ = await house.store.runs.get((await answer.get_json())["run_id"])
    assert run.spec.trace_id == trace_id


async def test_run_ids_have_122_random_bits() -> None:
    ids = {new_run_id() for _ in range(2000)}

    flipped = [sum(int(run_id.replace("-", ""), 16) >> bit & 1 for run_id in ids) for bit in range(128)]
    assert len(ids) == 2000
    assert sum(700 < count < 1300 for count in flipped) == 122
