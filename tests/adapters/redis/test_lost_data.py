"""Redis comes back with older data, or with none: nobody is shown a text that goes on from what is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.stores.redis.store import RedisStore
from domain.errors import FencedError, RunNotFoundError, StoreUnavailableError
from domain.run.model import Lease, Record, RunStatus
from tests.adapters.patience import hears, until
from tests.adapters.redis.server import RedisServer, serving_redis
from tests.contract.outages import follow_stubbornly
from tests.contract.store import (
    COMPLETE,
    OTHER_WORKER,
    WORKER,
    make_record,
    make_records,
    make_run,
    soon,
    start_run,
)
from tests.contract.two_processes import follow

Stores = tuple[RedisStore, RedisStore]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """One of the test's own, whose data may be lost."""
    with serving_redis(appendfsync="always") as server:
        yield server


@pytest.fixture
async def stores(server: RedisServer) -> AsyncIterator[Stores]:
    """What two processes see of it; their time passes."""
    open_store = partial(RedisStore.open, server.url(), clock=SystemClock(), lease_seconds=60)
    async with open_store() as one, open_store() as other:
        await asyncio.gather(hears(one), hears(other))
        yield one, other


async def follow_seen(store: RedisStore, seen: list[Record], after: int) -> None:
    """Follow behind seq `after` and keep what comes, until the end or an error."""
    async for page in store.log.follow("run-1", after=after):
        seen.extend(page)


async def begin_following(store: RedisStore, *, after: int, upto: int) -> tuple[list[Record], asyncio.Task[None]]:
    seen: list[Record] = []
    following = asyncio.ensure_future(follow_seen(store, seen, after))

    async def has_seen() -> bool:
        return after + len(seen) >= upto

    await until(has_seen)
    return seen, following


async def bring_back(server: RedisServer, stores: Stores, data: Path | None) -> None:
    """Let the server come back with that data, and both processes notice."""
    server.bring_back(data)
    await asyncio.gather(*(hears(store) for store in stores))


async def claim_anew(store: RedisStore) -> Lease:
    lease = None
    while lease is None:
        try:
            lease = await store.queue.claim(OTHER_WORKER, wait_seconds=1)
        except StoreUnavailableError:
            continue
    return lease


async def write_another_end(store: RedisStore, lease: Lease, *, first: int, last: int) -> None:
    records = [make_record("run-1", seq, epoch=lease.epoch, data=b"another text") for seq in range(first, last)]
    end = make_record("run-1", last, epoch=lease.epoch, kind="complete")
    await store.log.append(lease, [*records, end], finish=COMPLETE)


async def test_what_is_written_after_a_loss_fits_no_cursor_from_before(stores: Stores, server: RedisServer) -> None:
    one, other = stores
    await one.runs.create(make_run())
    before_the_claim = server.keep_data()
    old = await one.queue.claim(WORKER, wait_seconds=0)
    assert old is not None
    await one.log.append(old, make_records("run-1", 2, 9))

    await bring_back(server, stores, before_the_claim)
    new = await claim_anew(other)
    await write_another_end(other, new, first=2, last=12)

    lost = {(record.epoch, record.seq) for record in make_records("run-1", 2, 9)}
    written = {(record.epoch, record.seq) for record in await one.log.read("run-1", after=1)}
    assert written.isdisjoint(lost)
    assert new.epoch > old.epoch


@pytest.mark.parametrize("is_same_process", [True, False])
async def test_who_followed_before_a_loss_is_not_shown_another_text(
    stores: Stores, server: RedisServer, is_same_process: bool
) -> None:
    one, other = stores
    lease = await start_run(one)
    await one.log.append(lease, make_records("run-1", 2, 3))
    kept = server.keep_data()
    await one.log.append(lease, make_records("run-1", 4, 9))
    seen, following = await begin_following(one if is_same_process else other, after=0, upto=9)

    await bring_back(server, stores, kept)
    with pytest.raises(FencedError):
        await one.log.append(lease, make_records("run-1", 10, 11))
    await one.queue.release(lease)
    await write_another_end(one, await claim_anew(one), first=4, last=15)

    with pytest.raises(StoreUnavailableError):
        await soon(following)
    assert [record.epoch for record in seen] == [0, *[lease.epoch] * 8]
    assert (await one.log.tail("run-1")).seq == 15


async def test_a_worker_whose_records_were_lost_writes_nothing_behind_the_hole(
    stores: Stores, server: RedisServer
) -> None:
    one, _ = stores
    lease = await start_run(one)
    kept = server.keep_data()
    await one.log.append(lease, make_records("run-1", 2, 5))

    await bring_back(server, stores, kept)
    with pytest.raises(FencedError):
        await one.log.append(lease, [make_record("run-1", 6, kind="complete")], finish=COMPLETE)

    assert (await one.log.tail("run-1")).seq == 1


async def test_a_run_that_is_gone_is_told_of_and_can_be_made_again(stores: Stores, server: RedisServer) -> None:
    one, other = stores
    lease = await start_run(one)
    await one.log.append(lease, make_records("run-1", 2, 5))
    seen, following = await begin_following(other, after=0, upto=5)

    await bring_back(server, stores, None)

    with pytest.raises((StoreUnavailableError, RunNotFoundError)):
        await soon(following)
    with pytest.raises(RunNotFoundError):
        await other.log.tail("run-1")
    with pytest.raises(FencedError):
        await one.log.append(lease, make_records("run-1", 6, 7))
    again = await start_run(one)
    assert again.epoch > lease.epoch
    assert len(seen) == 5


async def test_data_that_somebody_deletes_is_lost_data_too(stores: Stores, server: RedisServer) -> None:
    one, _ = stores
    lease = await start_run(one)
    await one.log.append(lease, make_records("run-1", 2, 5))

    server.ask("FLUSHALL")
    again = await start_run(one)

    assert again.epoch > lease.epoch


async def test_a_process_that_begins_after_a_loss_gives_out_no_epoch_from_before(
    stores: Stores, server: RedisServer
) -> None:
    one, _ = stores
    lease = await start_run(one)
    server.ask("FLUSHALL")

    async with RedisStore.open(server.url(), clock=SystemClock()) as fresh:
        await fresh.users.list()
        await one.users.list()
        again = await start_run(fresh)

    assert again.epoch > lease.epoch


async def test_after_a_plain_restart_everything_goes_on(stores: Stores, server: RedisServer) -> None:
    one, other = stores
    lease = await start_run(one)
    await one.log.append(lease, make_records("run-1", 2, 5))
    following = asyncio.ensure_future(follow_stubbornly(other))

    server.stop()
    server.start()
    await asyncio.gather(hears(one), hears(other))
    await one.log.append(lease, make_records("run-1", 6, 8))
    await one.queue.release(lease)
    new = await claim_anew(other)
    await write_another_end(other, new, first=9, last=12)

    assert new.epoch > lease.epoch
    assert [record.seq for record in await soon(following)] == list(range(1, 13))
    assert await one.log.read("run-1") == tuple(await follow(one))
    assert (await one.log.tail("run-1")).status is RunStatus.COMPLETE
