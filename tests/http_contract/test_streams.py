"""What a stream is: its frames, its numbers, its one end, and that it says the same whenever it is read."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import jsonschema_rs

from tests.http_contract.client import TERMINAL, Client, Stream
from tests.http_contract.conftest import Told


def data_of(told: Told) -> list[dict[str, Any]]:
    return [json.loads(data) for _, _, data in told.frames]


def frames_of(stream: Stream) -> list[tuple[str, str, str]]:
    return [(frame.id, frame.event, frame.data) for frame in stream.frames]


async def test_a_stream_is_framed_so_that_every_client_can_read_it(told: Told) -> None:
    """Line feeds alone, one line of data, no blank events, nothing kept or held back on the way."""
    assert told.faults == ()
    assert told.headers["content-type"].replace(" ", "").lower() == "text/event-stream;charset=utf-8"
    assert {"no-cache", "no-transform"} <= {word.strip() for word in told.headers["cache-control"].split(",")}
    assert all(id_ and event for id_, event, _ in told.frames)
    assert len(set(told.ids)) == len(told.ids)


async def test_a_stream_says_where_its_run_is(client: Client, told: Told) -> None:
    assert told.headers["location"].endswith(f"/runs/{told.run_id}/events")
    assert told.headers["content-location"].endswith(f"/runs/{told.run_id}")
    assert (await client.ask("GET", f"/runs/{told.run_id}")).json()["run_id"] == told.run_id


async def test_events_count_from_one_without_holes_and_time_never_goes_back(told: Told) -> None:
    data = data_of(told)

    assert [event["seq"] for event in data] == list(range(1, len(data) + 1))
    assert {event["run_id"] for event in data} == {told.run_id}
    assert all(before["time"] <= after["time"] for before, after in pairwise(data))
    assert [event["type"] for event in data] == [event for _, event, _ in told.frames]


async def test_the_first_event_is_run_and_the_last_one_alone_is_an_end(told: Told) -> None:
    types = [event for _, event, _ in told.frames]

    assert types[0] == "run"
    assert [place for place, event in enumerate(types) if event in TERMINAL] == [len(types) - 1]


async def test_progress_never_goes_back_and_ends_at_a_hundred(told: Told) -> None:
    percents = [event["progress"] for event in data_of(told) if event["type"] == "progress"]

    assert percents == sorted(percents)
    assert percents[-1] == 100


async def test_every_event_fits_its_schema(told: Told, described: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Event", "components": described["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    faults = [f"{event['type']}: {fault.message}" for event in data_of(told) for fault in validator.iter_errors(event)]
    assert faults == []


async def test_deltas_add_up_to_the_draft(told: Told) -> None:
    data = data_of(told)
    (draft,) = [event["draft"] for event in data if event["type"] == "draft"]
    grown = ""
    for event in data:
        if event["type"] == "restarted" and event["stage"] == "generator":
            grown = ""
        if event["type"] == "delta" and (event["stage"], event["attempt"]) == ("generator", 1):
            assert event["offset"] == len(grown)
            grown += event["text"]

    assert grown == draft


async def test_a_replay_is_what_was_told_live(client: Client, told: Told) -> None:
    stream = await client.follow(told.run_id)

    assert frames_of(stream) == list(told.frames)
    assert stream.reader.faults == []


async def test_lines_of_json_say_the_same(client: Client, told: Told) -> None:
    answer = await client.ask("GET", f"/runs/{told.run_id}/events", headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [(line["id"], line["event"], line["data"]) for line in lines] == [
        (id_, event, json.loads(data)) for id_, event, data in told.frames
    ]


async def test_the_record_the_result_and_the_stream_agree(client: Client, told: Told) -> None:
    last = data_of(told)[-1]
    record = (await client.ask("GET", f"/runs/{told.run_id}")).json()
    result = await client.ask("POST", "/run", headers={"Idempotency-Key": told.key}, json=told.body)

    assert (record["status"], record["cursor"]) == (last["type"], told.ids[-1])
    if last["type"] == "complete":
        assert result.json() == last
        assert record["output"] == last["output"]


async def test_a_cancelled_run_ends_once_and_stays_so(client: Client) -> None:
    run_id = await client.start("Pine desk lamps")
    asked = await client.ask("POST", f"/runs/{run_id}/cancel", headers={"Prefer": "wait=30"})
    stream = await client.follow(run_id)
    again = await client.ask("POST", f"/runs/{run_id}/cancel")
    ends = [frame.event for frame in stream.frames if frame.event in TERMINAL]

    assert asked.status_code in (200, 202)
    # A model that is quick enough has completed it before.
    assert ends in (["cancelled"], ["complete"])
    assert stream.has_ended
    assert (again.status_code, again.json()["status"]) == (200, ends[0])


async def test_a_run_that_was_deleted_is_gone(client: Client) -> None:
    run_id = await client.start("Elm desk lamps")
    await client.follow(run_id)

    assert (await client.ask("DELETE", f"/runs/{run_id}")).status_code == 204
    gone = [await client.ask(method, f"/runs/{run_id}{rest}") for method, rest in GONE]
    assert [answer.status_code for answer in gone] == [404] * len(GONE)


GONE = (("GET", ""), ("GET", "/events"), ("GET", "/output"), ("POST", "/cancel"), ("POST", "/rerun"), ("DELETE", ""))
