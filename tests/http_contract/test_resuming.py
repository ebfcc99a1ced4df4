"""Going on with a stream: from every event, through cuts, and with cursors that are not good."""

from __future__ import annotations

import json
import random
from uuid import uuid4

import pytest

from tests.http_contract.client import Client, Stream, ask, new_key
from tests.http_contract.conftest import Told

MOST_RESUMES = 30
SEED = 20260101


def after(told: Told, id_: str) -> list[str]:
    return told.ids[told.ids.index(id_) + 1 :]


def some(ids: list[str]) -> list[str]:
    """Pick the first ones, the last ones and some between: all of them where there are few."""
    if len(ids) <= MOST_RESUMES:
        return ids
    between = random.Random(SEED).sample(ids[5:-5], MOST_RESUMES - 10)
    return [*ids[:5], *between, *ids[-5:]]


async def test_from_each_event_the_rest_comes_once(client: Client, told: Told) -> None:
    for id_ in some(told.ids[:-1]):
        stream = await client.follow(told.run_id, after=id_)
        assert (stream.ids, stream.controls) == (after(told, id_), [])


async def test_behind_the_end_there_is_nothing(client: Client, told: Told) -> None:
    answer = await client.ask("GET", f"/runs/{told.run_id}/events", headers={"Last-Event-ID": told.ids[-1]})

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("way", ["query", "post", "post with its key"])
async def test_every_way_to_go_on_goes_on_there(client: Client, told: Told, way: str) -> None:
    id_ = told.ids[len(told.ids) // 2]
    key = {"Idempotency-Key": told.key} if way == "post with its key" else {}
    options = (
        {"method": "GET", "path": f"/runs/{told.run_id}/events", "params": {"after": id_}}
        if way == "query"
        else {"method": "POST", "path": "/run/stream", "headers": {"Last-Event-ID": id_, **key}, "json": told.body}
    )
    async with client.open(**options) as stream:
        await stream.read()

    assert stream.ids == after(told, id_)


async def test_a_run_read_through_cuts_is_whole(client: Client) -> None:
    """Cut a live stream after every few events and go on from the last one that was seen."""
    chance, key, body = random.Random(SEED), new_key(), ask("Ash desk lamps")
    seen: list[str] = []
    data: list[str] = []
    for _ in range(10_000):
        headers = {"Idempotency-Key": key, **({"Last-Event-ID": seen[-1]} if seen else {})}
        async with client.open("POST", "/run/stream", headers=headers, json=body) as stream:
            await stream.read(most=chance.randint(1, 25))
        seen += stream.ids
        data += [frame.data for frame in stream.frames]
        if stream.has_ended or stream.answer.status_code == 204:
            break
    whole = await client.follow(json.loads(data[0])["run_id"])

    assert seen == whole.ids
    assert data == [frame.data for frame in whole.frames]


@pytest.mark.parametrize(
    "text", ["x", "1", "0-1", "{run}", "{run}:1", "{run}:1-", "{run}:-1-1", "{run}:1-1 ", "é", "a" * 3000]
)
async def test_what_is_no_cursor_is_400(client: Client, told: Told, text: str) -> None:
    answer = await client.ask("GET", f"/runs/{told.run_id}/events", params={"after": text.format(run=told.run_id)})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_the_cursor_of_another_run_is_409(client: Client, told: Told) -> None:
    other = await client.start("Fir desk lamps")
    answer = await client.ask("GET", f"/runs/{told.run_id}/events", headers={"Last-Event-ID": f"{other}:0-1"})

    assert (answer.status_code, answer.json()["code"]) == (409, "cursor_of_another_run")


@pytest.mark.parametrize("place", ["ahead", "of another history"])
async def test_a_cursor_that_is_not_in_the_log_is_a_reset_and_a_whole_replay(
    client: Client, told: Told, place: str
) -> None:
    cursor = f"{told.run_id}:1-999999" if place == "ahead" else f"{told.run_id}:987-2"
    stream = await client.follow(told.run_id, after=cursor)

    assert [control.event for control in stream.controls] == ["reset"]
    assert stream.ids == told.ids


async def test_a_post_that_goes_on_with_no_known_run_starts_none(client: Client) -> None:
    before = await list_newest(client)
    headers = {"Last-Event-ID": f"{uuid4()}:1-5"}
    answer = await client.ask("POST", "/run/stream", headers=headers, json=ask("Yew desk lamps"))

    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_run")
    assert await list_newest(client) == before


async def list_newest(client: Client) -> list[str]:
    answer = await client.ask("GET", "/runs", params={"limit": 5})
    return [run["run_id"] for run in answer.json()["runs"]]


async def test_a_ticket_opens_its_own_run_and_no_other(client: Client, told: Told) -> None:
    made = (await client.ask("POST", f"/runs/{told.run_id}/ticket")).json()
    other = await client.start("Oak bed lamps")
    params = {"ticket": made["ticket"], "after": told.ids[-2]}
    own = await client.http.get(f"/runs/{told.run_id}/events", params=params)
    strange = [
        await client.http.get(f"/runs/{other}/events", params={"ticket": made["ticket"]}),
        await client.http.get(f"/runs/{told.run_id}", params={"ticket": made["ticket"]}),
        await client.http.get(f"/runs/{told.run_id}/events", params={"ticket": made["ticket"][:-2] + "AA"}),
    ]

    assert own.status_code == 200
    assert told.ids[-1] in own.text
    assert [answer.status_code for answer in strange] == [401, 401, 401]


RUNS_AT_ONCE = 5


async def test_one_connection_tells_of_every_run_through_cuts(client: Client) -> None:
    """Follow all live runs over one stream, cut it again and again, and drop what comes twice."""
    seqs: dict[str, list[int]] = {}
    ended: set[str] = set()
    last = ""
    started: set[str] = set()
    for _ in range(1000):
        headers = {"Last-Event-ID": last} if last else {}
        async with client.open("GET", "/events", headers=headers) as stream:
            if not started:
                started |= {await client.start(f"Lamp number {number}") for number in range(RUNS_AT_ONCE)}
            await read_some(stream, started, ended)
        last = stream.reader.last_id or last
        take(stream, seqs, ended)
        if started <= ended:
            break

    for run_id in started:
        assert seqs[run_id] == [json.loads(f.data)["seq"] for f in (await client.follow(run_id)).frames]


async def read_some(stream: Stream, started: set[str], ended: set[str]) -> None:
    """Read 40 events, or to the end of the last run that is still awaited."""
    left = len(started - ended)
    while len(stream.frames) < 40 and left > 0:
        known = len(stream.frames)
        await stream.read(most=known + 1)
        new = [json.loads(frame.data) for frame in stream.frames[known:]]
        left -= sum(event["type"] in ("complete", "error") and event["run_id"] in started for event in new)


def take(stream: Stream, seqs: dict[str, list[int]], ended: set[str]) -> None:
    for frame in stream.frames:
        event = json.loads(frame.data)
        known = seqs.setdefault(event["run_id"], [])
        if event["seq"] > len(known):
            known.append(event["seq"])
        if event["type"] in ("complete", "error", "cancelled"):
            ended.add(event["run_id"])
