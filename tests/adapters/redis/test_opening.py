"""What can't be opened is told in one sentence that says what to do and shows no password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.clock import ManualClock
from adapters.stores.redis.store import RedisStore
from domain.errors import StoreError, StoreRefusedError, StoreUnavailableError
from domain.run.spending import DailyLimits
from tests.adapters.redis.server import RedisServer
from tests.contract.ledger import reservation
from tests.contract.prompt_store import publish
from tests.contract.store import finish_run, make_record, start_run

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


async def open_and_fail(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        async with RedisStore.open(url, clock=ManualClock()):
            pass
    assert "hunter2" not in str(caught.value)
    return caught.value


@contextmanager
def configured(server: RedisServer, setting: str, value: str, *, usually: str) -> Iterator[None]:
    server.ask("CONFIG", "SET", setting, value)
    try:
        yield
    finally:
        server.ask("CONFIG", "SET", setting, usually)


@pytest.fixture
def documented_user(url: str, server: RedisServer) -> Iterator[str]:
    """The user that docs/operations.md tells operators to make."""
    (rights,) = re.findall(r"^ACL SETUSER galley (.*)$", OPERATIONS.read_text(), re.MULTILINE)
    server.ask("ACL", "SETUSER", "galley", *rights.replace(">...", ">hunter2-hunter2").split())
    yield "galley:hunter2-hunter2"
    server.ask("ACL", "DELUSER", "galley")


async def test_where_nobody_answers_the_place_is_told() -> None:
    error = await open_and_fail("redis://galley:hunter2@127.0.0.1:1/0")

    assert isinstance(error, StoreUnavailableError)
    assert str(error) == "Redis at 127.0.0.1:1 can't be reached; start it, or correct STORE_URL."


@pytest.mark.parametrize(
    "url",
    [
        "redis://galley:hunter2@127.0.0.1:port/0",
        "redis://galley:hunter2@[::1/0",
        "redis://galley:hunter2@db/galley",
        "redis://galley:hunter2@db/0?colour=red",
    ],
)
async def test_a_url_that_is_none_is_refused(url: str) -> None:
    error = await open_and_fail(url)

    assert isinstance(error, StoreRefusedError)
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("setting", "value", "usually", "advice"),
    [
        ("maxmemory-policy", "allkeys-lru", "noeviction", "CONFIG SET maxmemory-policy noeviction"),
        ("maxmemory-policy", "volatile-ttl", "noeviction", "CONFIG SET maxmemory-policy noeviction"),
        ("appendonly", "no", "yes", "CONFIG SET appendonly yes"),
        ("appendfsync", "no", "everysec", "CONFIG SET appendfsync everysec"),
    ],
)
async def test_a_setting_that_would_lose_runs_is_named(
    url: str, server: RedisServer, setting: str, value: str, usually: str, advice: str
) -> None:
    with configured(server, setting, value, usually=usually):
        error = await open_and_fail(url)

    assert isinstance(error, StoreRefusedError)
    assert str(error).startswith(f"Redis has {setting} {value}, so ")
    assert advice in str(error)


async def test_the_strictest_settings_will_do(url: str, server: RedisServer) -> None:
    with configured(server, "appendfsync", "always", usually="everysec"):
        async with RedisStore.open(url, clock=ManualClock()) as store:
            await finish_run(store)


async def test_a_database_that_is_not_there_is_refused(server: RedisServer) -> None:
    error = await open_and_fail(server.url(99))

    assert isinstance(error, StoreRefusedError)


async def test_a_wrong_password_is_refused(url: str, server: RedisServer) -> None:
    error = await open_and_fail(server.url(user="nobody:hunter2"))

    assert isinstance(error, StoreRefusedError)
    assert str(error) == "Redis refuses the user or the password of STORE_URL."


async def test_a_user_who_may_not_read_the_settings_is_told_how_to_be_allowed(
    documented_user: str, server: RedisServer
) -> None:
    server.ask("ACL", "SETUSER", "galley", "-config")

    error = await open_and_fail(server.url(user=documented_user))

    assert isinstance(error, StoreRefusedError)
    assert "+config|get" in str(error)


async def test_a_user_who_may_do_too_little_is_told_so(documented_user: str, server: RedisServer) -> None:
    server.ask("ACL", "SETUSER", "galley", "-xadd")

    async with RedisStore.open(server.url(user=documented_user), clock=ManualClock()) as store:
        with pytest.raises(StoreRefusedError, match=r"docs/operations\.md"):
            await start_run(store)


async def test_the_documented_user_may_do_all_that_is_needed(documented_user: str, server: RedisServer) -> None:
    async with RedisStore.open(server.url(user=documented_user), clock=ManualClock()) as store:
        lease = await start_run(store, key="key-1")
        await store.log.append(lease, [make_record("run-1", 2)])
        await store.ledger.reserve(reservation(), DailyLimits(tokens=1000))
        await store.ledger.settle("run-1", epoch=1, call=1)
        await store.queue.touch("run-1")
        await store.queue.request_cancel("run-1")
        await store.queue.renew(lease, wait_seconds=0)
        await store.queue.release(lease)
        await finish_run(store, "run-2", key="key-2")
        await store.runs.delete("run-2")
        await publish(store, "post", b"1")
        await store.prompts.label("post", "production", 1)
        assert await store.prompts.list()
        assert await store.users.list() == ()
        assert await store.sessions.is_revoked("session-1")
        assert await store.queue.claim("worker", wait_seconds=0) is not None
