"""PostgreSQL goes away, stands still or breaks a connection: nothing acked is lost, and all goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from adapters.clock import ManualClock, SystemClock
from adapters.stores.postgresql.store import PostgresqlStore
from domain.errors import AckLostError, StoreError, StoreUnavailableError
from domain.run.model import Lease, Record, RunStatus, Tail
from tests.adapters.postgresql.patience import hears, until
from tests.adapters.postgresql.server import PostgresqlServer, ask
from tests.contract.store import COMPLETE, OTHER_WORKER, WORKER, make_record, make_run, soon, start_run

Stores = tuple[PostgresqlStore, PostgresqlStore]
NOTICED_SECONDS = 5.0
BREAK_LISTENERS = """
SELECT count(pg_terminate_backend(pid)) AS broken FROM pg_stat_activity
WHERE query ILIKE '%LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()
"""
BREAK_WRITERS = """
SELECT count(pg_terminate_backend(pid)) AS broken FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND datname = current_database()
"""


async def follow(store: PostgresqlStore) -> list[Record]:
    async with aclosing(store.log.follow("run-1")) as pages:
        return [record async for page in pages for record in page]


@asynccontextmanager
async def acks_withheld(url: str) -> AsyncIterator[None]:
    """Let commits land without being acked: they wait for a standby that never comes."""
    await _configure(url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "nobody")
    try:
        yield
    finally:
        await _configure(url, "ALTER SYSTEM RESET synchronous_standby_names", "")


async def _configure(url: str, sql: str, name: str) -> None:
    await ask(url, sql)
    await ask(url, "SELECT pg_reload_conf()")

    async def is_so() -> bool:
        (row,) = await ask(url, "SELECT current_setting('synchronous_standby_names') AS names")
        return bool(row["names"] == name)

    await until(is_so)


async def break_writers(url: str) -> None:
    """Break the connections whose commits have landed and wait for their acks."""

    async def has_broken() -> bool:
        return bool((await ask(url, BREAK_WRITERS))[0]["broken"])

    await until(has_broken)


async def test_a_listener_that_is_cut_off_listens_again_and_misses_nothing(url: str, stores: Stores) -> None:
    one, other = stores
    lease = await start_run(one)
    following = asyncio.ensure_future(follow(other))
    claiming = asyncio.ensure_future(other.queue.claim(OTHER_WORKER, wait_seconds=60))

    (broken,) = await ask(url, BREAK_LISTENERS)
    await hears(other, really=False)
    await one.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
    await one.runs.create(make_run("run-2"))

    assert broken["broken"] == 2
    assert [record.seq for record in await soon(following)] == [1, 2]
    assert await soon(claiming) == Lease(run_id="run-2", epoch=1, worker=OTHER_WORKER)


async def test_a_server_that_stands_still_is_noticed_within_five_seconds(url: str, server: PostgresqlServer) -> None:
    async with PostgresqlStore.open(url, clock=SystemClock()) as store:
        lease = await start_run(store)
        await hears(store)
        following = asyncio.ensure_future(follow_stubbornly(store))

        server.freeze()
        try:
            async with asyncio.timeout(NOTICED_SECONDS):
                tail, _ = await asyncio.gather(
                    store.log.tail("run-1"), hears(store, really=False), return_exceptions=True
                )
        finally:
            server.thaw()

        assert isinstance(tail, StoreUnavailableError)
        assert not following.done()
        await hears(store)
        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
        assert [record.seq for record in await soon(following)] == [1, 2]


async def test_a_server_that_crashes_again_and_again_loses_nothing_that_was_acked(
    url: str, server: PostgresqlServer
) -> None:
    async with PostgresqlStore.open(url, clock=SystemClock(), lease_seconds=60) as store:
        lease = await start_run(store)
        appending = asyncio.ensure_future(append_stubbornly(store, lease, last=400))
        following = asyncio.ensure_future(follow_stubbornly(store))
        for seen in (100, 200, 300):
            await until(lambda seen=seen: reached(store, seen))
            await asyncio.to_thread(server.stop)
            await hears(store, really=False)
            server.start()

        acked = await appending
        followed = await soon(following)

        assert acked == list(range(2, 401))
        assert [record.seq for record in await store.log.read("run-1", limit=1000)] == list(range(1, 401))
        assert [record.seq for record in followed] == list(range(1, 401))


async def reached(store: PostgresqlStore, seq: int) -> bool:
    try:
        return (await store.log.tail("run-1")).seq >= seq
    except StoreError:
        return False


async def append_stubbornly(store: PostgresqlStore, lease: Lease, *, last: int) -> list[int]:
    """Append one record after the other as a worker does; return the seqs that were acked or found to have landed."""
    acked = []
    for seq in range(2, last + 1):
        record = make_record("run-1", seq, kind="complete" if seq == last else "delta")
        while not acked or acked[-1] < seq:
            try:
                await store.log.append(lease, [record], finish=COMPLETE if seq == last else None)
            except AckLostError:
                await until(lambda: reached(store, 1))
                if (await store.log.tail("run-1")).seq < seq:
                    continue
            except StoreUnavailableError:
                await asyncio.sleep(0.05)
                continue
            acked.append(seq)
    return acked


async def follow_stubbornly(store: PostgresqlStore) -> list[Record]:
    got: list[Record] = []
    while True:
        try:
            async with aclosing(store.log.follow("run-1", after=len(got))) as pages:
                async for page in pages:
                    got.extend(page)
        except StoreUnavailableError:
            await asyncio.sleep(0.05)
        else:
            return got


async def test_an_append_whose_ack_is_lost_says_so_and_is_found_by_its_tail(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        lease = await start_run(store)
        async with acks_withheld(url):
            appending = asyncio.ensure_future(store.log.append(lease, [make_record("run-1", 2)]))
            await break_writers(url)
            with pytest.raises(AckLostError):
                await soon(appending)

        assert await store.log.tail("run-1") == Tail(epoch=1, seq=2, status=RunStatus.RUNNING)
        await store.log.append(lease, [make_record("run-1", 3)])


async def test_a_claim_whose_ack_is_lost_does_not_keep_the_run_from_its_worker(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        await store.runs.create(make_run())
        async with acks_withheld(url):
            claiming = asyncio.ensure_future(store.queue.claim(WORKER, wait_seconds=0))
            await break_writers(url)
            with pytest.raises(StoreUnavailableError):
                await soon(claiming)

        assert await store.queue.claim(WORKER, wait_seconds=0) == Lease(run_id="run-1", epoch=2, worker=WORKER)


async def test_a_run_whose_creation_was_not_acked_is_created_once(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        async with acks_withheld(url):
            creating = asyncio.ensure_future(store.runs.create(make_run(key="key-1")))
            await break_writers(url)
            stored, is_new = await soon(creating)

        assert (stored.id, is_new) == ("run-1", True)
        assert [record.seq for record in await store.log.read("run-1")] == [1]


async def test_a_statement_that_takes_too_long_is_given_up_and_nothing_is_written(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        lease = await start_run(store)
        async with store.database.transaction() as transaction:
            await transaction.fetch("SELECT FROM runs FOR UPDATE")

            with pytest.raises(StoreUnavailableError, match="took too long"):
                await store.log.append(lease, [make_record("run-1", 2)])

        assert (await store.log.tail("run-1")).seq == 1
        await store.log.append(lease, [make_record("run-1", 2)])


async def test_a_transaction_whose_connection_the_server_closes_is_a_failure_that_is_worth_retrying(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        with pytest.raises(StoreUnavailableError):
            async with store.database.transaction() as transaction:
                (backend,) = await transaction.fetch("SELECT pg_backend_pid() AS pid")
                await ask(url, "SELECT pg_terminate_backend($1)", backend["pid"])
                await transaction.fetch("SELECT 1")

        await store.runs.create(make_run())
