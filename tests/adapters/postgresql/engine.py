"""The PostgreSQL engine under the laws of the store ports: its database keeps the time of the tests' clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.clock import ManualClock, settle
from adapters.stores.postgresql.store import PostgresqlStore
from tests.contract.store import OpenStore, Rest

MANUAL_TIME = """
CREATE SEQUENCE galley.elapsed MINVALUE 0;
CREATE OR REPLACE FUNCTION galley.lease_now() RETURNS timestamptz STABLE LANGUAGE sql AS
    $$ SELECT '2026-01-01 00:00:00Z'::timestamptz + (SELECT last_value FROM galley.elapsed) * interval '1 us' $$;
"""
EMPTY = """
DELETE FROM runs; DELETE FROM contents; DELETE FROM events; DELETE FROM removed_runs;
DELETE FROM prompt_labels; DELETE FROM prompt_versions; DELETE FROM users; DELETE FROM sessions;
DELETE FROM reservations; DELETE FROM spendings;
SELECT setval('runs_key_seq', 1, false);
"""


class DatabaseClock(ManualClock):
    """A clock by which the database goes as well; time passes only while nothing is being asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self._stores: list[PostgresqlStore] = []

    @asynccontextmanager
    async def held_by(self, store: PostgresqlStore) -> AsyncIterator[None]:
        """Let the store's database go by this clock."""
        self._stores.append(store)
        try:
            await self._set(self.monotonic())
            yield
        finally:
            self._stores.remove(store)

    async def advance(self, seconds: float) -> None:
        await self.rest()
        await self._set(self.monotonic() + seconds)
        await super().advance(seconds)
        await self.rest()

    async def rest(self) -> None:
        """Return when all that was asked is answered, and all that followed from the answers."""
        await settle()
        while not all(store.database.is_idle for store in self._stores):
            await asyncio.sleep(0)
            await settle()

    async def _set(self, elapsed: float) -> None:
        for store in self._stores[:1]:
            await store.database.write("SELECT setval('elapsed', $1)", round(elapsed * 1e6))


class PostgresqlEngine:
    """Everything in one database."""

    @pytest.fixture
    def clock(self) -> DatabaseClock:
        return DatabaseClock()

    @pytest.fixture
    def rest(self, clock: DatabaseClock) -> Rest:
        return clock.rest

    @pytest.fixture
    def open_store(self, clock: DatabaseClock, manual_time_url: str) -> OpenStore:
        @asynccontextmanager
        async def open_store(**options: Any) -> AsyncIterator[PostgresqlStore]:
            async with PostgresqlStore.open(manual_time_url, **{"clock": clock} | options) as store:
                async with store.database.transaction() as transaction:
                    await transaction.run(EMPTY, patience=10)
                async with clock.held_by(store):
                    yield store

        return open_store
