"""One Redis for all tests of a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from adapters.clock import ManualClock
from adapters.stores.redis.store import RedisStore
from tests.adapters.patience import hears
from tests.adapters.redis.server import RedisServer, serving_redis
from tests.contract.store import LEASE_SECONDS, OpenStore


@pytest.fixture(scope="session")
def server() -> Iterator[RedisServer]:
    with serving_redis() as server:
        yield server


@pytest.fixture
def url(server: RedisServer) -> str:
    """A database without anything in it, whose leases go by the server's clock, as everywhere."""
    server.ask("FLUSHALL")
    return server.url()


@pytest.fixture
def open_shared(url: str) -> OpenStore:
    """What opens one more store on that data."""
    return partial(RedisStore.open, url)


@pytest.fixture
async def stores(url: str) -> AsyncIterator[tuple[RedisStore, RedisStore]]:
    """What two processes see of one Redis; time stands still in both, so that nothing is found by looking again."""
    first = RedisStore.open(url, clock=ManualClock(), lease_seconds=LEASE_SECONDS)
    second = RedisStore.open(url, clock=ManualClock(), lease_seconds=LEASE_SECONDS)
    async with first as one, second as other:
        await asyncio.gather(hears(one), hears(other))
        yield one, other
