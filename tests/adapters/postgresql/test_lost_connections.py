"""PostgreSQL goes away, stands still or breaks a connection: nothing acked is lost, and all goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from adapters.clock import ManualClock
from adapters.stores.postgresql.store import PostgresqlStore
from domain.errors import StoreUnavailableError
from domain.run.model import Lease
from tests.adapters.patience import hears, until
from tests.adapters.postgresql.server import ask
from tests.contract.outages import Acks, LostAckContract, OutageContract, follow_stubbornly
from tests.contract.store import COMPLETE, OTHER_WORKER, make_record, make_run, soon, start_run

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


class WithheldAcks:
    """Commits land without being acked: they wait for a standby that never comes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.open_store = partial(PostgresqlStore.open, url)

    @asynccontextmanager
    async def withheld(self) -> AsyncIterator[None]:
        await self._configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "nobody")
        try:
            yield
        finally:
            await self._configure("ALTER SYSTEM RESET synchronous_standby_names", "")

    async def break_writers(self) -> None:
        async def has_broken() -> bool:
            return bool((await ask(self._url, BREAK_WRITERS))[0]["broken"])

        await until(has_broken)

    async def _configure(self, sql: str, name: str) -> None:
        await ask(self._url, sql)
        await ask(self._url, "SELECT pg_reload_conf()")

        async def is_so() -> bool:
            (row,) = await ask(self._url, "SELECT current_setting('synchronous_standby_names') AS names")
            return bool(row["names"] == name)

        await until(is_so)


class TestPostgresqlOutages(OutageContract): ...


class TestPostgresqlLostAcks(LostAckContract):
    @pytest.fixture
    def acks(self, url: str) -> Acks:
        return WithheldAcks(url)


async def test_a_listener_that_is_cut_off_listens_again_and_misses_nothing(url: str, stores: Stores) -> None:
    one, other = stores
    lease = await start_run(one)
    following = asyncio.ensure_future(follow_stubbornly(other))
    claiming = asyncio.ensure_future(other.queue.claim(OTHER_WORKER, wait_seconds=60))

    (broken,) = await ask(url, BREAK_LISTENERS)
    await hears(other, really=False)
    await one.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
    await one.runs.create(make_run("run-2"))

    assert broken["broken"] == 2
    assert [record.seq for record in await soon(following)] == [1, 2]
    assert await soon(claiming) == Lease(run_id="run-2", epoch=1, worker=OTHER_WORKER)


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
