"""GET /runs/{id}/events: replay, resume and follow."""

from __future__ import annotations

import json

import msgspec
import pytest

from adapters.clock import settle
from tests.entrypoints.arrangement import COMPLETE, GENERATING, House, delta, open_stream
from tests.entrypoints.event_stream import EventStream

UNKNOWN = "7d1f4b0e-0f0f-4c6e-9a53-000000000000"


async def ended_run(house: House, headers: dict[str, str]) -> str:
    """Return a run whose log is 0-1 run, 1-2 progress, 2-3 delta, 2-4 complete: it was handed over in between."""
    run_id = await house.begin(headers)
    lease = await house.claim(run_id)
    await house.write(lease, GENERATING)
    await house.store.queue.release(lease)
    await house.write(await house.claim(run_id), delta("Tea."), COMPLETE)
    return run_id


async def read_all(house: House, path: str, headers: dict[str, str]) -> tuple[int, EventStream]:
    async with open_stream(house, path, headers) as stream:
        assert stream.status is not None
        return stream.status, EventStream.read(stream.data)


async def test_without_a_cursor_everything_is_replayed(house: House, ann: dict[str, str]) -> None:
    run_id = await ended_run(house, ann)

    _, seen = await read_all(house, f"/runs/{run_id}/events", ann)

    assert [message.event for message in seen.messages] == ["run", "progress", "delta", "complete"]
    assert seen.retry == 1000


@pytest.mark.parametrize(("cursor", "after"), [("0-0", 0), ("0-1", 1), ("1-2", 2), ("2-3", 3)])
@pytest.mark.parametrize("way", ["header", "query"])
async def test_a_cursor_goes_on_behind_it(house: House, ann: dict[str, str], cursor: str, after: int, way: str) -> None:
    run_id = await ended_run(house, ann)
    query = f"?after={run_id}:{cursor}" if way == "query" else ""
    header = {"Last-Event-ID": f"{run_id}:{cursor}"} if way == "header" else {}

    _, seen = await read_all(house, f"/runs/{run_id}/events{query}", {**ann, **header})

    assert [json.loads(message.data)["seq"] for message in seen.messages] == list(range(after + 1, 5))


async def test_the_header_is_newer_than_the_query_of_a_browser_that_reconnects(
    house: House, ann: dict[str, str]
) -> None:
    run_id = await ended_run(house, ann)

    _, seen = await read_all(
        house, f"/runs/{run_id}/events?after={run_id}:0-1", {**ann, "Last-Event-ID": f"{run_id}:2-3"}
    )

    assert [message.event for message in seen.messages] == ["complete"]


@pytest.mark.parametrize("cursor", ["2-5", "2-999999", "9-4", "1-3", "2-2", "1-1", "1-0", "2-0"])
async def test_a_cursor_that_is_not_of_this_log_is_told_at_once_and_gets_everything(
    house: House, ann: dict[str, str], cursor: str
) -> None:
    run_id = await ended_run(house, ann)

    status, seen = await read_all(house, f"/runs/{run_id}/events", {**ann, "Last-Event-ID": f"{run_id}:{cursor}"})

    assert status == 200
    assert [message.event for message in seen.messages] == ["reset", "run", "progress", "delta", "complete"]


async def test_a_cursor_ahead_of_a_live_log_is_told_at_once(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    _, seen = await read_all(house, f"/runs/{run_id}/events", {**ann, "Last-Event-ID": f"{run_id}:3-70"})

    assert [message.event for message in seen.messages] == ["reset", "run"]


@pytest.mark.parametrize("cursor", ["x", "-5", "7", "1-2", "{run}:1--2", "{run}:1", "{run}:", ":1-2", "null"])
async def test_a_malformed_cursor_is_400(house: House, ann: dict[str, str], cursor: str) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("GET", f"/runs/{run_id}/events", {**ann, "Last-Event-ID": cursor.format(run=run_id)})

    assert answer.status_code == 400
    assert (await answer.get_json())["code"] == "invalid_cursor"


async def test_another_runs_cursor_is_409(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("GET", f"/runs/{run_id}/events", {**ann, "Last-Event-ID": f"{UNKNOWN}:1-2"})

    assert answer.status_code == 409


async def test_whoever_has_seen_the_terminal_event_gets_204(house: House, ann: dict[str, str]) -> None:
    run_id = await ended_run(house, ann)

    answer = await house.ask("GET", f"/runs/{run_id}/events", {**ann, "Last-Event-ID": f"{run_id}:2-4"})

    assert (answer.status_code, await answer.get_data()) == (204, b"")


async def test_a_cursor_at_the_tail_of_a_live_run_waits_for_more(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    async with open_stream(house, f"/runs/{run_id}/events", {**ann, "Last-Event-ID": f"{run_id}:0-1"}) as stream:
        assert (stream.status, stream.data) == (200, b"")
        await house.complete(run_id)
        seen = EventStream.read(await stream.read())

    assert [message.event for message in seen.messages] == ["complete"]


async def test_a_run_can_be_resumed_at_every_one_of_its_events(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id, GENERATING, *(delta(str(number), number) for number in range(30)))
    _, whole = await read_all(house, f"/runs/{run_id}/events", ann)

    for place, message in enumerate(whole.messages[:-1], 1):
        _, rest = await read_all(house, f"/runs/{run_id}/events", {**ann, "Last-Event-ID": message.last_event_id})
        assert rest.messages == whole.messages[place:]


async def test_a_stream_keeps_proxies_from_holding_it_back(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    async with open_stream(house, f"/runs/{run_id}/events", ann) as stream:
        assert dict(stream.headers) | {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-cache, no-transform",
            "x-accel-buffering": "no",
            "x-run-id": run_id,
            "content-location": f"/runs/{run_id}",
        } == dict(stream.headers)


async def test_retry_stands_in_the_first_frame_only(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    async with open_stream(house, f"/runs/{run_id}/events", {**ann, "Last-Event-ID": f"{run_id}:0-1"}) as stream:
        await house.clock.advance(15)
        assert await stream.read() == b": ka\n"
        lease = await house.claim(run_id)
        for _ in range(2):
            await house.write(lease, delta("a"))
            await settle()
        sent = await stream.read()

    assert sent.startswith(b": ka\nretry: 1000\nid: ")
    assert sent.count(b"retry:") == 1


async def test_json_lines_say_the_same_as_frames(house: House, ann: dict[str, str]) -> None:
    run_id = await ended_run(house, ann)
    _, frames = await read_all(house, f"/runs/{run_id}/events", ann)

    async with open_stream(house, f"/runs/{run_id}/events", {**ann, "Accept": "application/x-ndjson"}) as stream:
        lines = [json.loads(line) for line in stream.data.splitlines()]
        content_type = stream.headers["content-type"]

    assert content_type == "application/x-ndjson"
    assert lines == [
        {"id": message.last_event_id, "event": message.event, "data": json.loads(message.data)}
        for message in frames.messages
    ]


async def test_a_control_is_a_line_without_an_id(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    async with open_stream(house, f"/runs/{run_id}/events", {**ann, "Accept": "application/x-ndjson"}) as stream:
        await house.clock.advance(15)
        house.drain.set()
        *_, heartbeat, draining = (await stream.read()).splitlines()

    assert (heartbeat, draining) == (b'{"event":"heartbeat","data":{}}', b'{"event":"draining","data":{}}')


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/event-stream"),
        ("text/event-stream", "text/event-stream"),
        ("text/*;q=0.5, application/x-ndjson", "application/x-ndjson"),
        ("application/*", "application/x-ndjson"),
        ("application/json", None),
        ("text/html", None),
    ],
)
async def test_the_client_chooses_the_format(
    house: House, ann: dict[str, str], accept: str, content_type: str | None
) -> None:
    run_id = await ended_run(house, ann)

    async with open_stream(house, f"/runs/{run_id}/events", {**ann, "Accept": accept}) as stream:
        if content_type is None:
            assert (stream.status, msgspec.json.decode(stream.data)["code"]) == (406, "not_acceptable")
        else:
            assert stream.headers["content-type"].startswith(content_type)


async def test_head_has_the_headers_and_no_stream(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    answer = await house.ask("HEAD", f"/runs/{run_id}/events", ann)

    assert (answer.status_code, answer.headers["X-Run-Id"], await answer.get_data()) == (200, run_id, b"")
    assert house.store.log.followers.count == 0


async def test_a_client_that_leaves_ends_its_stream(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)

    async with open_stream(house, f"/runs/{run_id}/events", ann):
        assert house.store.log.followers.count == 1

    assert house.store.log.followers.count == 0


async def test_a_stream_is_not_cut_at_the_servers_own_time(house: House, ann: dict[str, str]) -> None:
    run_id = await house.begin(ann)
    house.app.config["RESPONSE_TIMEOUT"] = 0.001

    async with open_stream(house, f"/runs/{run_id}/events", ann) as stream:
        for _ in range(20):
            await house.clock.advance(15)
        await house.complete(run_id)
        seen = EventStream.read(await stream.read())

    assert seen.messages[-1].event == "complete"


async def test_an_event_of_a_deleted_run_is_404(house: House, ann: dict[str, str]) -> None:
    run_id = await ended_run(house, ann)
    await house.ask("DELETE", f"/runs/{run_id}", ann)

    assert (await house.ask("GET", f"/runs/{run_id}/events", ann)).status_code == 404
