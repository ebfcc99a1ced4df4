"""Redis goes away, stands still or breaks a connection: nothing acked is lost, and all goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.clock import SystemClock, settle
from adapters.stores.redis.store import RedisStore
from domain.errors import StoreUnavailableError
from domain.run.model import Lease
from tests.adapters.patience import hears
from tests.adapters.redis.server import RedisServer, serving_redis
from tests.adapters.wire import Wire, wired_to
from tests.contract.outages import NOTICED_SECONDS, Acks, LostAckContract, OutageContract, follow_stubbornly
from tests.contract.store import COMPLETE, OTHER_WORKER, finish_run, make_record, make_run, soon, start_run

Stores = tuple[RedisStore, RedisStore]


class LostAnswers:
    """Answers get lost on the wire, whose connections then break."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @asynccontextmanager
    async def open_store(self, **options: Any) -> AsyncIterator[RedisStore]:
        async with RedisStore.open(f"redis://127.0.0.1:{self._wire.port}", **options) as store:
            # What is lost must be the answer to a write, and not the listener's, a greeting or a script that is new.
            await asyncio.gather(hears(store), finish_run(store, "warm-up"))
            yield store

    @asynccontextmanager
    async def withheld(self) -> AsyncIterator[None]:
        self._wire.lose_answers()
        yield

    async def break_writers(self) -> None:
        await self._wire.answer_lost()
        await self._wire.cut()


@pytest.fixture
async def wire(url: str, server: RedisServer) -> AsyncIterator[Wire]:
    async with wired_to(server.port) as wire:
        yield wire


class TestRedisOutages(OutageContract):
    @pytest.fixture
    def server(self) -> Iterator[RedisServer]:
        """With everysec Redis acks before it writes, for as long as the disk is slow."""
        with serving_redis(appendfsync="always") as server:
            yield server


class TestRedisLostAcks(LostAckContract):
    @pytest.fixture
    def acks(self, wire: Wire) -> Acks:
        return LostAnswers(wire)


async def test_a_listener_that_is_cut_off_listens_again_and_misses_nothing(stores: Stores, server: RedisServer) -> None:
    one, other = stores
    lease = await start_run(one)
    following = asyncio.ensure_future(follow_stubbornly(other))
    claiming = asyncio.ensure_future(other.queue.claim(OTHER_WORKER, wait_seconds=60))

    broken = server.ask("CLIENT", "KILL", "TYPE", "pubsub")
    await hears(other, really=False)
    await one.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
    await one.runs.create(make_run("run-2"))

    assert broken == 2
    assert [record.seq for record in await soon(following)] == [1, 2]
    assert await soon(claiming) == Lease(run_id="run-2", epoch=1, worker=OTHER_WORKER)


async def test_a_run_is_picked_up_over_connections_that_died_without_a_word(wire: Wire, url: str) -> None:
    """F49: what waits for work on a half-open connection must notice that."""
    front = RedisStore.open(url, clock=SystemClock())
    worker = RedisStore.open(f"redis://127.0.0.1:{wire.port}", clock=SystemClock())
    async with front as front_store, worker as worker_store:
        await hears(worker_store)
        claiming = asyncio.ensure_future(worker_store.queue.claim(OTHER_WORKER, wait_seconds=60))
        following = None

        wire.let_die()
        async with asyncio.timeout(NOTICED_SECONDS):
            await hears(worker_store, really=False)
        await front_store.runs.create(make_run())
        following = asyncio.ensure_future(follow_stubbornly(worker_store))

        lease = None
        async with asyncio.timeout(NOTICED_SECONDS):
            while lease is None:
                try:
                    lease = await claiming
                except StoreUnavailableError:
                    claiming = asyncio.ensure_future(worker_store.queue.claim(OTHER_WORKER, wait_seconds=60))
        await worker_store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
        assert [record.seq for record in await soon(following)] == [1, 2]


async def test_a_server_without_memory_takes_nothing_and_says_so(url: str) -> None:
    with serving_redis() as small:
        async with RedisStore.open(small.url(), clock=SystemClock()) as store:
            lease = await start_run(store)
            small.ask("CONFIG", "SET", "maxmemory", 1)
            for refused in (
                store.log.append(lease, [make_record("run-1", 2)]),
                store.runs.create(make_run("run-2")),
            ):
                with pytest.raises(StoreUnavailableError, match="no memory left"):
                    await refused

            small.ask("CONFIG", "SET", "maxmemory", 0)
            assert (await store.log.tail("run-1")).seq == 1
            await store.log.append(lease, [make_record("run-1", 2)])


async def test_a_server_that_cannot_write_its_files_says_so(stores: Stores, server: RedisServer) -> None:
    one, _ = stores
    lease = await start_run(one)
    server.ask("CONFIG", "SET", "min-replicas-to-write", 1)
    try:
        with pytest.raises(StoreUnavailableError, match="too few replicas"):
            await one.log.append(lease, [make_record("run-1", 2)])
    finally:
        server.ask("CONFIG", "SET", "min-replicas-to-write", 0)

    await one.log.append(lease, [make_record("run-1", 2)])


async def test_a_cancel_is_not_lost_wherever_it_meets_a_call(url: str) -> None:
    """Before Python 3.12 asyncio.wait_for, which the driver uses, may swallow one."""

    async def call_and_wait(store: RedisStore) -> None:
        await store.users.list()
        await asyncio.Event().wait()

    for turns in range(40):
        async with RedisStore.open(url, clock=SystemClock()) as store:
            calling = asyncio.ensure_future(call_and_wait(store))
            await settle(turns)
            calling.cancel()
            assert (await asyncio.wait({calling}, timeout=NOTICED_SECONDS))[0]
