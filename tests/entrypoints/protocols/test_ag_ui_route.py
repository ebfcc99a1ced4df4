"""POST /ag-ui on a service in memory: which run it streams, from where, and how a stream ends before the run does."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import msgspec
import pytest

from adapters.clock import settle
from domain.run.events import RunCancelled
from domain.run.model import RunStatus
from tests.e2e.rig.sse_reader import SseReader
from tests.entrypoints.arrangement import ACCESS_SECONDS, GENERATING, House, delta, open_stream
from tests.entrypoints.protocols.ag_ui_client import AgUiClient
from tests.entrypoints.protocols.test_ag_ui_input import post, say
from tests.examples import RUN_ID

Headers = dict[str, str]
TEA = [say("tea")]


async def start(house: House, headers: Headers, body: dict[str, Any], cursor: str | None = None) -> tuple[str, bytes]:
    """Post an input, and return the run's id and what was streamed by then."""
    sent = headers if cursor is None else {**headers, "Last-Event-ID": cursor}
    async with open_stream(house, "/ag-ui", sent, body) as stream:
        assert stream.status == 200, stream.data
        return stream.headers["X-Run-Id"], stream.data


async def refuse(house: House, headers: Headers, body: dict[str, Any], cursor: str | None = None) -> tuple[int, str]:
    """Post an input that is not taken; return the status and the code. As a stream, so that none can hang the test."""
    sent = headers if cursor is None else {**headers, "Last-Event-ID": cursor}
    async with open_stream(house, "/ag-ui", sent, body) as stream:
        assert stream.headers["Content-Type"] == "application/problem+json"
        return int(stream.status or 0), str(msgspec.json.decode(stream.data)["code"])


async def count_runs(house: House, headers: Headers) -> int:
    return len((await (await house.ask("GET", "/runs", headers)).get_json())["runs"])


async def test_a_run_is_streamed_to_its_end(house: House, ann: Headers) -> None:
    body = post(*TEA)
    async with open_stream(house, "/ag-ui", ann, body) as stream:
        await house.complete(body["runId"], GENERATING, delta("Te"), delta("a.", 2))
        client = AgUiClient([dict(TEA[0])])
        client.read(await stream.read())

    assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["Cache-Control"] == "no-cache, no-transform"
    assert stream.headers["Content-Location"] == f"/runs/{body['runId']}"
    assert client.messages == [TEA[0], {"id": body["runId"], "role": "assistant", "content": "Tea.\n"}]
    assert client.end is not None
    assert client.end["result"]["success"] is True


@pytest.mark.parametrize("version", [None, "1.0", "1.7"])
async def test_a_client_that_says_its_version_is_told_ours(house: House, ann: Headers, version: str | None) -> None:
    more = {} if version is None else {"protocolVersion": version}
    _, data = await start(house, ann, post(*TEA, **more))

    started = msgspec.json.decode(SseReader().feed(data)[0].data)
    assert started.get("protocolVersion") == (None if version is None else "1.0")


@pytest.mark.parametrize("run_id", [RUN_ID, RUN_ID.upper()])
async def test_a_uuid_is_the_runs_own_id_and_comes_back_as_it_was_written(
    house: House, ann: Headers, run_id: str
) -> None:
    found, data = await start(house, ann, post(*TEA, runId=run_id))

    started = msgspec.json.decode(SseReader().feed(data)[0].data)
    assert (found, started["runId"]) == (run_id.lower(), run_id)


@pytest.mark.parametrize("run_id", [RUN_ID, "run 1 🪁"])
async def test_posting_again_attaches_to_the_run_that_is_there(house: House, ann: Headers, run_id: str) -> None:
    props = {"prompt": "note", "limits": {"attempts": 2, "cost_usd": 1}, "checks": [{"check": "words", "min": 1}]}
    body = post(*TEA, runId=run_id, forwardedProps=props)
    first, whole = await start(house, ann, body)
    answers = {(await start(house, ann, {**body, "state": {"a": number}}))[0] for number in range(5)}
    _, again = await start(house, ann, body)

    assert answers == {first}
    assert again == whole
    assert await count_runs(house, ann) == 1


async def test_an_id_that_is_no_uuid_stands_for_a_run_of_its_user_and_thread(
    house: House, ann: Headers, bob: Headers
) -> None:
    body = post(*TEA, runId="1")
    runs = [
        (await start(house, headers, {**body, "threadId": thread}))[0]
        for headers, thread in [(ann, "t"), (ann, "u"), (bob, "t"), (ann, "t")]
    ]

    assert len(set(runs)) == 3
    assert runs[0] == runs[3]


@pytest.mark.parametrize("run_id", [RUN_ID, "1"])
@pytest.mark.parametrize("cursor", [None, "{run}:0-1"])
async def test_another_input_under_a_known_id_is_422(
    house: House, ann: Headers, run_id: str, cursor: str | None
) -> None:
    found, _ = await start(house, ann, post(*TEA, runId=run_id))
    other = post(say("coffee"), runId=run_id)

    refused = await refuse(house, ann, other, cursor and cursor.format(run=found))

    assert refused == (422, "idempotency_conflict")


async def test_somebody_elses_run_can_not_be_taken(house: House, ann: Headers, bob: Headers) -> None:
    body = post(*TEA)
    run_id, _ = await start(house, ann, body)

    assert await refuse(house, bob, body) == (422, "idempotency_conflict")
    assert await refuse(house, bob, body, f"{run_id}:0-1") == (409, "unknown_run")


async def test_a_cursor_of_no_run_is_409_and_starts_none(house: House, ann: Headers) -> None:
    body = post(*TEA)

    assert await refuse(house, ann, body, f"{body['runId']}:1-3") == (409, "unknown_run")
    assert await count_runs(house, ann) == 0


async def test_a_cursor_of_another_run_is_409(house: House, ann: Headers) -> None:
    run_id, _ = await start(house, ann, post(*TEA))

    assert await refuse(house, ann, post(*TEA), f"{run_id}:0-1") == (409, "cursor_of_another_run")
    assert await count_runs(house, ann) == 1


async def test_a_cursor_that_is_none_is_400(house: House, ann: Headers) -> None:
    assert await refuse(house, ann, post(*TEA), "7") == (400, "invalid_cursor")


async def test_a_client_can_come_back_at_every_cursor_it_was_given(house: House, ann: Headers) -> None:
    body = post(*TEA)
    run_id, _ = await start(house, ann, body)
    await house.complete(run_id, GENERATING, delta("Te"), delta("a.", 2))
    _, whole = await start(house, ann, body)
    frames = SseReader().feed(whole)
    cursors = dict.fromkeys(frame.id for frame in frames if frame.id)

    assert len(cursors) == 5
    for cursor in cursors:
        client = AgUiClient([dict(TEA[0])])
        client.read(whole[: whole.index(f"id: {cursor}\n".encode())])
        client.end = None
        client.read((await start(house, ann, {**body, "messages": client.messages}, cursor))[1])
        assert client.messages == [TEA[0], {"id": run_id, "role": "assistant", "content": "Tea.\n"}]
        assert client.end == msgspec.json.decode(frames[-1].data)


@pytest.mark.parametrize("cursor", ["{run}:9-2", "{run}:1-99", "{run}:0-0"])
async def test_a_cursor_that_is_not_of_this_log_gets_everything_and_a_clean_thread(
    house: House, ann: Headers, cursor: str
) -> None:
    body = post(*TEA)
    run_id, _ = await start(house, ann, body)
    await house.write(await house.claim(run_id), GENERATING, delta("Te"))

    _, data = await start(house, ann, body, cursor.format(run=run_id))

    client = AgUiClient([TEA[0], {"id": f"{run_id}:9", "role": "assistant", "content": "Gone."}])
    client.read(data)
    assert client.types[:4] == ["RUN_STARTED", "STATE_SNAPSHOT", "MESSAGES_SNAPSHOT", "CUSTOM"]
    assert client.messages == [TEA[0], {"id": f"{run_id}:3", "role": "assistant", "content": "Te"}]


async def test_whoever_has_seen_the_end_is_told_of_it_again(house: House, ann: Headers) -> None:
    body = post(*TEA)
    run_id, _ = await start(house, ann, body)
    records = await house.complete(run_id, GENERATING)

    _, data = await start(house, ann, body, f"{run_id}:1-{records[-1].seq}")

    client = AgUiClient([dict(TEA[0])])
    client.read(data)
    assert client.types == [
        "RUN_STARTED",
        "STATE_SNAPSHOT",
        "MESSAGES_SNAPSHOT",
        "STEP_STARTED",
        "STEP_FINISHED",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "RUN_FINISHED",
    ]


async def test_leaving_ends_a_stream_and_not_its_run(house: House, ann: Headers) -> None:
    run_id, _ = await start(house, ann, post(*TEA))
    await settle()

    assert house.store.log.followers.count == 0
    assert (await house.store.log.tail(run_id)).status is RunStatus.QUEUED


async def test_a_run_counts_as_followed_for_as_long_as_its_stream_is_open(house: House, ann: Headers) -> None:
    body = post(*TEA, forwardedProps={"prompt": "note", "on_disconnect": "cancel"})
    async with open_stream(house, "/ag-ui", ann, body):
        lease = await house.claim(body["runId"])
        for _ in range(12):
            await house.clock.advance(5)
            followed = await house.store.queue.renew(lease, wait_seconds=0)
    await house.clock.advance(5)
    left = await house.store.queue.renew(lease, wait_seconds=0)

    assert (followed.unfollowed_seconds < 30, left.unfollowed_seconds >= 5) == (True, True)


async def test_a_cancel_reaches_the_stream_as_an_error(house: House, ann: Headers) -> None:
    body = post(*TEA)
    async with open_stream(house, "/ag-ui", ann, body) as stream:
        await house.ask("POST", f"/runs/{body['runId']}/cancel", ann)
        client = AgUiClient()
        client.read(await stream.read())

    assert client.end is not None
    assert (client.end["code"], client.end["message"]) == (
        "cancelled",
        RunCancelled(message="The run was cancelled.").message,
    )


async def test_a_process_that_goes_away_says_so_and_ends_nothing(house: House, ann: Headers) -> None:
    body = post(*TEA)
    async with open_stream(house, "/ag-ui", ann, body) as stream:
        house.drain.set()
        client = AgUiClient()
        client.read(await stream.read())

    assert client.customs[-1] == ("draining", {})
    assert client.end is None


async def test_a_stream_ends_with_its_token_and_says_so_before(house: House, ann: Headers) -> None:
    async with open_stream(house, "/ag-ui", ann, post(*TEA)) as stream:
        await house.clock.advance(ACCESS_SECONDS)
        client = AgUiClient()
        client.read(await stream.read())

    assert b": ka\n" in stream.data
    assert client.customs[-1] == ("auth_expiring", {"seconds": 30.0})
    assert client.end is None


async def test_behind_a_proxy_the_first_event_is_pushed_through(house: House, ann: Headers) -> None:
    _, data = await start(house, {**ann, "Via": "1.1 proxy"}, post(*TEA))

    assert data.startswith(b"retry: 1000\ndata: ")
    assert len(data) > 4096


async def test_every_event_fits_the_description(house: House, ann: Headers) -> None:
    described = await (await house.ask("GET", "/openapi.json", {})).get_json()
    answer = described["paths"]["/ag-ui"]["post"]["responses"]["200"]
    frame = answer["content"]["text/event-stream"]["schema"]
    union = frame["properties"]["data"]["contentSchema"]
    validator = jsonschema_rs.Draft202012Validator({**union, "components": described["components"]})
    body = post(*TEA)
    run_id, _ = await start(house, ann, body)
    await house.complete(run_id, GENERATING, delta("Tea."))

    _, data = await start(house, ann, body)

    events = [msgspec.json.decode(frame.data) for frame in SseReader().feed(data)]
    assert len({event["type"] for event in events}) == 11
    assert [error.message for event in events for error in validator.iter_errors(event)] == []
    assert list(validator.iter_errors({"type": "TEXT_MESSAGE_CONTENT", "messageId": "1"})) != []
