"""GET /events: all of one's live runs over one connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import attrs
import pytest

from adapters.clock import settle
from domain.errors import InvalidCursorError
from domain.ports import RunStore
from entrypoints.arrivals import Arrivals
from entrypoints.http.app import create_app
from entrypoints.http.cursor import Cursor
from entrypoints.http.vector import Vector, read_vector, sign_vector
from tests.entrypoints.arrangement import COMPLETE, GENERATING, House, delta, open_stream
from tests.entrypoints.event_stream import EventStream
from tests.examples import NOW

Headers = dict[str, str]
RUN = "0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10"


def seqs(seen: EventStream) -> dict[str, list[int]]:
    """Return the seqs that came, by run."""
    found: dict[str, list[int]] = {}
    for message in seen.messages:
        data = json.loads(message.data)
        if "seq" in data:
            found.setdefault(data["run_id"], []).append(data["seq"])
    return found


async def begin_elsewhere(house: House, headers: Headers) -> str:
    """Start a run in another process on the same store, which nobody here hears of."""
    other = attrs.evolve(house, app=create_app(attrs.evolve(house.services, arrivals=Arrivals())))
    return await other.begin(headers)


async def test_all_live_runs_of_whoever_asks_come_and_nobody_elses(house: House, ann: Headers, bob: Headers) -> None:
    first, second = await house.begin(ann), await house.begin(ann)
    foreign, over = await house.begin(bob), await house.begin(ann)
    await house.complete(over)

    async with open_stream(house, "/events", ann) as stream:
        await house.complete(first, GENERATING)
        await house.write(await house.claim(second), delta("a"))
        await house.complete(foreign)
        seen = EventStream.read(await stream.read())

    assert seqs(seen) == {first: [1, 2, 3], second: [1, 2]}


async def test_an_admin_follows_their_own_runs_too(house: House, ann: Headers, admin: Headers) -> None:
    await house.begin(ann)
    own = await house.begin(admin)

    async with open_stream(house, "/events", admin) as stream:
        assert list(seqs(EventStream.read(stream.data))) == [own]


async def test_a_run_that_starts_here_joins_at_once(house: House, ann: Headers) -> None:
    async with open_stream(house, "/events", ann) as stream:
        run_id = await house.begin(ann)
        seen = EventStream.read(await stream.read())

    assert seqs(seen) == {run_id: [1]}


async def test_a_run_that_starts_in_another_process_joins_within_a_second(house: House, ann: Headers) -> None:
    async with open_stream(house, "/events", ann) as stream:
        run_id = await begin_elsewhere(house, ann)
        assert EventStream.read(await stream.read()).messages == []

        await house.clock.advance(1)
        seen = EventStream.read(await stream.read())

    assert seqs(seen) == {run_id: [1]}


async def test_a_run_that_came_and_went_between_two_looks_is_told_of(house: House, ann: Headers) -> None:
    async with open_stream(house, "/events", ann) as stream:
        run_id = await begin_elsewhere(house, ann)
        await house.complete(run_id)
        await house.clock.advance(1)
        seen = EventStream.read(await stream.read())

    assert seqs(seen) == {run_id: [1, 2]}


async def test_a_long_stream_tells_of_each_run_once(house: House, ann: Headers) -> None:
    async with open_stream(house, "/events", ann) as stream:
        runs = []
        for _ in range(20):
            runs.append(await house.begin(ann))
            await house.complete(runs[-1])
            await house.clock.advance(3)
        seen = EventStream.read(await stream.read())

    assert seqs(seen) == {run_id: [1, 2] for run_id in runs}


async def test_the_vector_comes_at_most_every_quarter_second_and_with_each_terminal_event(
    house: House, ann: Headers
) -> None:
    run_id = await house.begin(ann)
    lease = await house.claim(run_id)
    async with open_stream(house, "/events", ann) as stream:
        for _ in range(10):
            await house.clock.advance(0.1)
            await house.write(lease, delta("a"))
            await settle()
        await house.write(lease, COMPLETE)
        sent = (await stream.read()).split(b"\n\n")

    with_id = [b"id: " in frame for frame in sent[:-1]]
    assert with_id == [True, False, False, True, False, False, True, False, False, True, False, True]


async def last_id_after(house: House, headers: Headers, *, count: int) -> str:
    """Follow until so many messages have come; return the last id."""
    async with open_stream(house, "/events", headers) as stream:
        seen = EventStream.read(await stream.read())
        assert len(seen.messages) == count
        return seen.last_event_id


async def test_a_resume_goes_on_in_every_run_where_it_was(house: House, ann: Headers) -> None:
    first, second = await house.begin(ann), await house.begin(ann)
    leases = [await house.claim(run_id) for run_id in (first, second)]
    async with open_stream(house, "/events", ann) as stream:
        for lease in leases:
            await house.clock.advance(0.3)
            await house.write(lease, delta("a"))
            await settle()
        last_id = EventStream.read(await stream.read()).last_event_id
    for lease in leases:
        await house.write(lease, delta("b", 1))
    third = await house.begin(ann)

    async with open_stream(house, "/events", {**ann, "Last-Event-ID": last_id}) as stream:
        seen = EventStream.read(stream.data)

    assert seqs(seen) == {first: [3], second: [3], third: [1]}


async def test_what_ended_while_one_was_away_is_told_of(house: House, ann: Headers) -> None:
    known = await house.begin(ann)
    last_id = await last_id_after(house, ann, count=1)
    await house.complete(known)
    new = await house.begin(ann)
    await house.complete(new)
    await house.clock.advance(60)

    async with open_stream(house, "/events", {**ann, "Last-Event-ID": last_id}) as stream:
        seen = EventStream.read(stream.data)

    assert seqs(seen) == {known: [2], new: [1, 2]}


async def test_a_run_of_which_nothing_was_sent_yet_is_in_the_vector(house: House, ann: Headers) -> None:
    quiet, loud = await house.begin(ann), await house.begin(ann)
    async with open_stream(house, "/events", ann) as stream:
        first = EventStream.read((await stream.read()).partition(b"\n\n")[0] + b"\n\n")
    vector = read_vector(first.last_event_id, owner="id-ann", secret_key=house.services.secret_key)

    assert sorted((cursor.run_id, cursor.seq > 0) for cursor in vector.cursors.values()) == sorted(
        (run_id, run_id == json.loads(first.messages[0].data)["run_id"]) for run_id in (quiet, loud)
    )


class HeldRuns:
    """A store that finds one run only once it is let go."""

    def __init__(self, runs: RunStore, held: str) -> None:
        self._runs = runs
        self._held = held
        self.gate = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runs, name)

    async def get(self, run_id: str) -> Any:
        if run_id == self._held:
            await self.gate.wait()
        return await self._runs.get(run_id)


async def test_a_stream_that_is_cut_while_it_takes_up_an_old_vector_loses_nothing_of_it(
    house: House, ann: Headers
) -> None:
    first, second = await house.begin(ann), await house.begin(ann)
    old = Vector(time=house.clock.now(), cursors={run: Cursor(run, 0, 1) for run in (first, second)})
    last_id = sign_vector(old, owner="id-ann", secret_key=house.services.secret_key)
    for run_id in (first, second):
        await house.write(await house.claim(run_id), delta("a"))
    await house.clock.advance(60)
    house.app.extensions["galley"] = attrs.evolve(house.services, runs=HeldRuns(house.services.runs, second))

    async with open_stream(house, "/events", {**ann, "Last-Event-ID": last_id}) as stream:
        seen = EventStream.read(stream.data)
    vector = read_vector(seen.last_event_id, owner="id-ann", secret_key=house.services.secret_key)

    assert seqs(seen) == {first: [2]}
    assert vector.cursors == {first: Cursor(first, 1, 2), second: Cursor(second, 0, 1)}
    assert vector.time == old.time


async def test_a_run_whose_log_is_another_one_now_is_reset_alone(house: House, ann: Headers) -> None:
    first, second = await house.begin(ann), await house.begin(ann)
    cursors = {first: Cursor(first, 7, 70), second: Cursor(second, 0, 1)}
    vector = Vector(time=house.clock.now(), cursors=cursors)
    last_id = sign_vector(vector, owner="id-ann", secret_key=house.services.secret_key)

    async with open_stream(house, "/events", {**ann, "Last-Event-ID": last_id}) as stream:
        seen = EventStream.read(stream.data)

    assert [message.event for message in seen.messages] == ["reset", "run"]
    assert json.loads(seen.messages[0].data) == {"run_id": first}
    assert seqs(seen) == {first: [1]}


async def test_a_vector_never_opens_somebody_elses_run(house: House, ann: Headers, bob: Headers) -> None:
    foreign = await house.begin(bob)
    vector = Vector(time=house.clock.now(), cursors={foreign: Cursor(foreign, 0, 0)})
    last_id = sign_vector(vector, owner="id-ann", secret_key=house.services.secret_key)

    async with open_stream(house, "/events", {**ann, "Last-Event-ID": last_id}) as stream:
        assert (stream.status, stream.data) == (200, b"")


async def test_somebody_elses_vector_is_400(house: House, ann: Headers, bob: Headers) -> None:
    await house.begin(ann)
    last_id = await last_id_after(house, ann, count=1)

    answer = await house.ask("GET", "/events", {**bob, "Last-Event-ID": last_id})

    assert (answer.status_code, (await answer.get_json())["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("text", ["x", f"{RUN}:0-1", ".", "a.b", "e30.AAAAAAAAAAAAAAAAAAAAAA", "é", "a" * 30_000])
async def test_a_forged_vector_is_400(house: House, ann: Headers, text: str) -> None:
    assert (await house.ask("GET", "/events", {**ann, "Last-Event-ID": text})).status_code == 400


def test_a_vector_with_a_byte_changed_is_refused() -> None:
    text = sign_vector(Vector(time=NOW, cursors={RUN: Cursor(RUN, 1, 2)}), owner="ann", secret_key=b"k")

    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(InvalidCursorError):
            read_vector(changed, owner="ann", secret_key=b"k")


async def test_a_drain_and_heartbeats_reach_the_stream(house: House, ann: Headers) -> None:
    async with open_stream(house, "/events", ann) as stream:
        await house.clock.advance(15)
        house.drain.set()
        sent = await stream.read()

    assert sent == b": ka\nretry: 1000\nevent: draining\ndata: {}\n\n"


async def test_every_run_of_the_stream_counts_as_followed(house: House, ann: Headers) -> None:
    leases = [await house.claim(await house.begin(ann)) for _ in range(2)]
    async with open_stream(house, "/events", ann):
        await house.clock.advance(35)
        for lease in leases:
            assert (await house.store.queue.renew(lease, wait_seconds=0)).unfollowed_seconds <= 10


async def test_nothing_is_left_of_a_stream(house: House, ann: Headers) -> None:
    for _ in range(3):
        await house.begin(ann)
    async with open_stream(house, "/events", ann):
        assert house.store.log.followers.count == 3

    assert house.store.log.followers.count == 0
    await house.begin(ann)
    assert house.store.log.followers.count == 0
