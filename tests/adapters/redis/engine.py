"""The Redis engine under the laws of the store ports: its leases go by the tests' clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.stores.redis.store import RedisStore
from tests.adapters.engine_clock import EngineClock
from tests.adapters.redis.server import RedisServer
from tests.contract.store import OpenStore, Rest

LAWS_DATABASE = 1
MANUAL_TIME = """
local function now()
    return tonumber(call('GET', P .. 'elapsed') or 0)
end
"""


class RedisEngine:
    """Everything in one database of a server."""

    @pytest.fixture
    def clock(self) -> EngineClock:
        return EngineClock()

    @pytest.fixture
    def rest(self, clock: EngineClock) -> Rest:
        return clock.rest

    @pytest.fixture
    def open_store(self, clock: EngineClock, server: RedisServer) -> OpenStore:
        @asynccontextmanager
        async def open_store(**options: Any) -> AsyncIterator[RedisStore]:
            server.ask("FLUSHDB", database=LAWS_DATABASE)
            given = {"clock": clock, "lease_clock": MANUAL_TIME} | options
            async with RedisStore.open(server.url(LAWS_DATABASE), **given) as store:

                async def set_time(microseconds: int) -> None:
                    server.ask("SET", "{galley}:elapsed", microseconds, database=LAWS_DATABASE)

                async with clock.held_by(set_time, lambda: store.server.is_idle):
                    yield store

        return open_store
