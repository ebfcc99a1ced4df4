"""One PostgreSQL for all tests of a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from adapters.clock import ManualClock, SystemClock
from adapters.stores.postgresql.store import PostgresqlStore
from tests.adapters.patience import hears
from tests.adapters.postgresql.engine import MANUAL_TIME
from tests.adapters.postgresql.server import PostgresqlServer, ask, serving_postgresql
from tests.contract.store import LEASE_SECONDS, OpenStore


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    with serving_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def manual_time_url(server: PostgresqlServer) -> str:
    """A database whose leases go by a clock that is set by hand."""

    async def prepare() -> str:
        await ask(server.url(), "CREATE DATABASE manual_time")
        url = server.url("manual_time")
        opened = PostgresqlStore.open(url, clock=SystemClock())
        async with opened as store, store.database.transaction() as transaction:
            await transaction.run(MANUAL_TIME, patience=10)
        return url

    return asyncio.run(prepare())


@pytest.fixture(scope="session")
def usual_url(server: PostgresqlServer) -> str:
    """A database whose leases go by the server's clock, as everywhere."""
    asyncio.run(ask(server.url(), "CREATE DATABASE usual"))
    return server.url("usual")


@pytest.fixture
def url(usual_url: str) -> str:
    """The same without any table; a database for each test would leave tens of thousands of files to be removed."""
    asyncio.run(ask(usual_url, "DROP SCHEMA IF EXISTS galley CASCADE"))
    return usual_url


@pytest.fixture
def open_shared(url: str) -> OpenStore:
    """What opens one more store on that data."""
    return partial(PostgresqlStore.open, url)


@pytest.fixture
async def stores(url: str) -> AsyncIterator[tuple[PostgresqlStore, PostgresqlStore]]:
    """What two processes see of one database; time stands still in both, so that nothing is found by looking again."""
    first = PostgresqlStore.open(url, clock=ManualClock(), lease_seconds=LEASE_SECONDS)
    second = PostgresqlStore.open(url, clock=ManualClock(), lease_seconds=LEASE_SECONDS)
    async with first as one, second as other:
        await asyncio.gather(hears(one), hears(other))
        yield one, other
