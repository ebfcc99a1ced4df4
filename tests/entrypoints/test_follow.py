"""The engine of every stream: nothing lost, nothing left behind, and time as the clock tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta

import attrs
import pytest

from adapters.clock import settle
from domain.errors import StoreUnavailableError
from domain.ports import RunLog
from domain.run.model import Record, Tail
from entrypoints.http.feed import HEARTBEAT, MAX_PENDING, Control, Item
from entrypoints.http.follow import follow_run, wait_for_end
from tests.entrypoints.arrangement import GENERATING, House, delta


class Reader:
    """Takes batches in a task of its own, as a server does."""

    def __init__(self, batches: AsyncGenerator[list[Item], None]) -> None:
        self.items: list[Item] = []
        self.batches = 0
        self._source = batches
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async with aclosing(self._source) as batches:
            async for batch in batches:
                self.items += batch
                self.batches += 1

    @property
    def seqs(self) -> list[int]:
        return [item.seq for item in self.items if isinstance(item, Record)]

    @property
    def controls(self) -> list[Control]:
        return [item for item in self.items if isinstance(item, Control)]


@asynccontextmanager
async def reading(batches: AsyncGenerator[list[Item], None]) -> AsyncIterator[Reader]:
    reader = Reader(batches)
    await settle()
    try:
        yield reader
    finally:
        reader.task.cancel()
        await asyncio.wait({reader.task})


@pytest.fixture
async def run_id(house: House, ann: dict[str, str]) -> str:
    return await house.begin(ann)


async def test_every_record_comes_once_and_in_order_and_the_terminal_one_is_the_end(house: House, run_id: str) -> None:
    async with reading(follow_run(house.services, run_id)) as reader:
        lease = await house.claim(run_id)
        for text in "abc":
            await house.write(lease, delta(text))
            await settle()
        await house.complete_with(lease)
        await settle()

        assert reader.task.done()
        assert reader.seqs == [1, 2, 3, 4, 5]


async def test_what_is_ready_comes_in_one_batch(house: House, run_id: str) -> None:
    await house.complete(run_id, *(delta(str(number)) for number in range(50)))

    async with reading(follow_run(house.services, run_id)) as reader:
        assert (len(reader.seqs), reader.batches) == (52, 1)


async def test_a_silent_stream_has_a_heartbeat_every_15_seconds(house: House, run_id: str) -> None:
    async with reading(follow_run(house.services, run_id)) as reader:
        await house.clock.advance(14.9)
        assert reader.controls == []

        await house.clock.advance(0.1)
        assert reader.controls == [HEARTBEAT]

        await house.clock.advance(45)
        assert reader.controls == [HEARTBEAT] * 4


async def test_a_stream_that_speaks_has_no_heartbeat(house: House, run_id: str) -> None:
    lease = await house.claim(run_id)
    async with reading(follow_run(house.services, run_id)) as reader:
        for _ in range(10):
            await house.clock.advance(10)
            await house.write(lease, delta("a"))
            await settle()

        assert reader.controls == []


async def test_heartbeats_cost_no_record(house: House, run_id: str) -> None:
    lease = await house.claim(run_id)
    async with reading(follow_run(house.services, run_id)) as reader:
        for _ in range(20):
            await house.clock.advance(15)
            await house.write(lease, delta("a"))
        await settle()

        assert reader.seqs == list(range(1, 22))
        assert len(reader.controls) == 20


async def test_a_drain_ends_the_stream_after_what_was_ready(house: House, run_id: str) -> None:
    lease = await house.claim(run_id)
    async with reading(follow_run(house.services, run_id)) as reader:
        await house.write(lease, delta("a"))
        house.drain.set()
        await settle()

        assert reader.task.done()
        assert [type(item) for item in reader.items] == [Record, Record, Control]
        assert reader.controls == [Control("draining")]


@pytest.mark.parametrize(("left", "notice"), [(900, 30), (60, 30), (40, 20), (2, 1)])
async def test_a_token_that_ends_is_announced_and_then_ends_the_stream(
    house: House, run_id: str, ann: dict[str, str], left: float, notice: float
) -> None:
    principal = attrs.evolve(await house.principal(ann), expires_at=house.clock.now() + timedelta(seconds=left))
    async with reading(follow_run(house.services, run_id, principal=principal)) as reader:
        await house.clock.advance(left - notice - 0.001)
        assert [control.name for control in reader.controls if control is not HEARTBEAT] == []

        await house.clock.advance(0.002)
        assert reader.controls[-1] == Control("auth_expiring", {"seconds": notice})
        assert not reader.task.done()

        await house.clock.advance(notice)
        assert reader.task.done()


async def test_a_revoked_session_ends_its_streams_within_5_seconds(
    house: House, run_id: str, ann: dict[str, str]
) -> None:
    principal = await house.principal(ann)
    async with reading(follow_run(house.services, run_id, principal=principal)) as reader:
        await house.clock.advance(60)
        assert not reader.task.done()

        await house.store.sessions.revoke(session_id=principal.session)
        await house.clock.advance(5)
        assert reader.task.done()


async def test_a_run_counts_as_followed_for_as_long_as_its_stream_is_open(house: House, run_id: str) -> None:
    lease = await house.claim(run_id)
    async with reading(follow_run(house.services, run_id)):
        await house.clock.advance(35)
        renewal = await house.store.queue.renew(lease, wait_seconds=0)
        assert renewal.unfollowed_seconds <= 10

    await house.clock.advance(31)
    renewal = await house.store.queue.renew(lease, wait_seconds=0)
    assert renewal.unfollowed_seconds >= 30


async def test_a_reset_comes_before_the_replay(house: House, run_id: str) -> None:
    async with reading(follow_run(house.services, run_id, is_reset=True)) as reader:
        assert reader.items[0] == Control("reset")
        assert reader.seqs == [1]


@pytest.mark.parametrize("way_out", ["end", "close", "cancel", "drain", "time", "token"])
async def test_nothing_is_left_of_a_stream_whichever_way_it_ends(
    house: House, run_id: str, ann: dict[str, str], way_out: str
) -> None:
    before = asyncio.all_tasks()
    principal = await house.principal(ann)
    source = follow_run(house.services, run_id, principal=principal, seconds=100 if way_out == "time" else None)
    async with reading(source) as reader:
        assert house.store.log.followers.count == 1
        match way_out:
            case "end":
                await house.complete(run_id)
            case "cancel":
                reader.task.cancel()
            case "drain":
                house.drain.set()
            case "time" | "token":
                await house.clock.advance(900)
        await settle()
        assert reader.task.done() or way_out == "close"

    assert house.store.log.followers.count == 0
    assert asyncio.all_tasks() == before


async def test_a_stream_that_was_never_read_leaves_nothing(house: House, run_id: str) -> None:
    await follow_run(house.services, run_id).aclose()

    assert house.store.log.followers.count == 0


async def test_a_reader_that_stands_still_holds_no_more_than_a_bounded_backlog(house: House, run_id: str) -> None:
    lease = await house.claim(run_id)
    async with aclosing(follow_run(house.services, run_id)) as batches:
        await anext(batches)
        for number in range(50):
            await house.write(lease, *(delta(str(number)) for _ in range(20)))
            await settle(5)
        first = await anext(batches)
        rest = [len(first)]
        while sum(rest) < 1000:
            rest.append(len(await anext(batches)))

    assert len(first) < MAX_PENDING + 20
    assert sum(rest) == 1000


async def test_heartbeats_do_not_pile_up_behind_a_reader_that_stands_still(house: House, run_id: str) -> None:
    async with aclosing(follow_run(house.services, run_id)) as batches:
        await anext(batches)
        await house.write(await house.claim(run_id), delta("a"))
        await house.clock.advance(600)

        assert [type(item) for item in await anext(batches)] == [Record]


async def test_others_get_their_turn_during_a_long_replay(house: House, run_id: str) -> None:
    lease = await house.claim(run_id)
    for _ in range(20):
        await house.write(lease, *[delta("a")] * 500)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    async with aclosing(follow_run(house.services, run_id)) as batches:
        got = 0
        while got < 10_001:
            got += len(await anext(batches))
    task.cancel()

    assert turns >= 20


class BreakingLog:
    """A log whose store goes away, or breaks, behind its first record."""

    def __init__(self, log: RunLog, error: Exception) -> None:
        self._log = log
        self._error = error

    async def tail(self, run_id: str) -> Tail:
        return await self._log.tail(run_id)

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        return await self._log.read(run_id, after=after, limit=limit)

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        yield await self._log.read(run_id, after=after)
        raise self._error


async def test_a_store_that_goes_away_is_a_reason_to_come_again(house: House, run_id: str) -> None:
    log = BreakingLog(house.store.log, StoreUnavailableError("The disk is full."))
    async with reading(follow_run(attrs.evolve(house.services, log=log), run_id)) as reader:  # type: ignore[arg-type]
        assert reader.seqs == [1]
        assert reader.controls == [Control("draining", {"reason": "store_unavailable"})]
        assert reader.task.done()


async def test_a_fault_of_ours_is_not_mistaken_for_an_end(house: House, run_id: str) -> None:
    log = BreakingLog(house.store.log, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        async with aclosing(follow_run(attrs.evolve(house.services, log=log), run_id)) as batches:  # type: ignore[arg-type]
            async for _ in batches:
                pass


async def test_waiting_for_a_run_returns_its_terminal_record(house: House, run_id: str) -> None:
    waiting = asyncio.create_task(wait_for_end(house.services, run_id))
    await settle()
    *_, terminal = await house.complete(run_id, GENERATING)

    assert await waiting == terminal
    assert await wait_for_end(house.services, run_id) == terminal


async def test_waiting_ends_with_its_time_and_with_the_process(house: House, run_id: str) -> None:
    waiting = asyncio.create_task(wait_for_end(house.services, run_id, seconds=5))
    await house.clock.advance(5)
    assert await waiting is None

    house.drain.set()
    assert await wait_for_end(house.services, run_id) is None
