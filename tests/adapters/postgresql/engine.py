"""The PostgreSQL engine under the laws of the store ports: its database keeps the time of the tests' clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.stores.postgresql.store import PostgresqlStore
from tests.adapters.engine_clock import EngineClock
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


class PostgresqlEngine:
    """Everything in one database."""

    @pytest.fixture
    def clock(self) -> EngineClock:
        return EngineClock()

    @pytest.fixture
    def rest(self, clock: EngineClock) -> Rest:
        return clock.rest

    @pytest.fixture
    def open_store(self, clock: EngineClock, manual_time_url: str) -> OpenStore:
        @asynccontextmanager
        async def open_store(**options: Any) -> AsyncIterator[PostgresqlStore]:
            async with PostgresqlStore.open(manual_time_url, **{"clock": clock} | options) as store:
                async with store.database.transaction() as transaction:
                    await transaction.run(EMPTY, patience=10)

                async def set_time(microseconds: int) -> None:
                    await store.database.write("SELECT setval('elapsed', $1)", microseconds)

                async with clock.held_by(set_time, lambda: store.database.is_idle):
                    yield store

        return open_store
