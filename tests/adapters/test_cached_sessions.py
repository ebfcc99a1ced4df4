"""How long the cached session store may believe that a session is good."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.auth.sessions import FRESH_SECONDS, CachedSessionStore
from adapters.clock import ManualClock
from adapters.stores.memory.users import MemorySessionStore
from domain.errors import RevokedTokenError
from tests.contract.engines import MemoryEngine
from tests.contract.store import OpenStore, Store
from tests.contract.user_store import SessionStoreContract
from tests.tokens import SESSION


class TestCachedSessionStore(MemoryEngine, SessionStoreContract):
    @pytest.fixture
    async def store(self, open_store: OpenStore, clock: ManualClock) -> AsyncIterator[Store]:
        async with open_store() as store:
            store.sessions = CachedSessionStore(store.sessions, clock)
            yield store


class CountedSessionStore(MemorySessionStore):
    """Counts how often it is asked."""

    asked = 0

    async def is_revoked(self, session_id: str) -> bool:
        self.asked += 1
        return await super().is_revoked(session_id)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(clock: ManualClock) -> CountedSessionStore:
    store = CountedSessionStore(clock)
    await store.start(SESSION)
    return store


@pytest.fixture
def cached(store: CountedSessionStore, clock: ManualClock) -> CachedSessionStore:
    return CachedSessionStore(store, clock)


async def test_it_asks_once_in_a_while(
    cached: CachedSessionStore, store: CountedSessionStore, clock: ManualClock
) -> None:
    answers = [await cached.is_revoked(SESSION.id) for _ in range(10)]
    await clock.advance(FRESH_SECONDS)
    answers.append(await cached.is_revoked(SESSION.id))

    assert (answers, store.asked) == ([False] * 11, 2)


async def test_a_session_ended_elsewhere_is_known_to_be_within_two_seconds(
    cached: CachedSessionStore, store: CountedSessionStore, clock: ManualClock
) -> None:
    await cached.is_revoked(SESSION.id)
    await store.revoke(session_id=SESSION.id)

    await clock.advance(FRESH_SECONDS)

    assert await cached.is_revoked(SESSION.id)


@pytest.mark.parametrize("whose", [{"session_id": SESSION.id}, {"user_id": SESSION.user_id}])
async def test_a_session_ended_here_is_known_to_be_at_once(cached: CachedSessionStore, whose: dict[str, str]) -> None:
    await cached.is_revoked(SESSION.id)

    await cached.revoke(**whose)

    assert await cached.is_revoked(SESSION.id)


async def test_a_session_ended_by_a_used_token_is_known_to_be_at_once(cached: CachedSessionStore) -> None:
    await cached.rotate(SESSION.id, token_id=SESSION.token_id, next_token_id="next")
    await cached.is_revoked(SESSION.id)

    with pytest.raises(RevokedTokenError):
        await cached.rotate(SESSION.id, token_id=SESSION.token_id, next_token_id="other")

    assert await cached.is_revoked(SESSION.id)


async def test_an_unknown_session_has_ended_until_it_starts(cached: CachedSessionStore, clock: ManualClock) -> None:
    empty = CachedSessionStore(MemorySessionStore(clock), clock)
    assert await empty.is_revoked(SESSION.id)

    await empty.start(SESSION)

    assert not await empty.is_revoked(SESSION.id)
