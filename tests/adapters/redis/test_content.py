"""What somebody writes is a value to Redis; and what is removed leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta

from adapters.clock import START, ManualClock
from adapters.stores.redis.store import RedisStore
from domain.run.model import Finish, RunStatus
from tests.adapters.redis.server import RedisServer
from tests.contract.store import finish_run, make_record, make_records, make_run, start_run
from tests.contract.written_text import WrittenTextContract


class TestRedisWrittenText(WrittenTextContract): ...


async def test_a_purge_leaves_no_event_and_no_content_behind(url: str, server: RedisServer) -> None:
    async with RedisStore.open(url, clock=ManualClock()) as store:
        for n in range(150):
            await finish_run(store, f"run-{n}", key=f"key-{n}")
        lease = await start_run(store, "long")
        for first in range(2, 12_002, 3000):
            await store.log.append(lease, make_records("long", first, first + 2999))
        end = make_record("long", 12_002, kind="error")
        await store.log.append(lease, [end], finish=Finish(status=RunStatus.ERROR))
        await store.runs.create(make_run("live", hash="hash-2", owner="bob"))

        assert await store.runs.purge(START + timedelta(days=1)) == 151

    left = {key.decode().removeprefix("{galley}:") for key in server.ask("KEYS", "*")}
    assert left == {
        *("history", "order", "runs", "owned:bob", "queue", "queued:bob", "turns", "contents", "uses"),
        *("run:live", "log:live"),
    }
    assert server.ask("HKEYS", "{galley}:contents") == [b"hash-2"]


async def test_a_run_that_has_ended_leaves_nothing_in_the_queue(url: str, server: RedisServer) -> None:
    async with RedisStore.open(url, clock=ManualClock()) as store:
        await finish_run(store)

    left = {key.decode().removeprefix("{galley}:") for key in server.ask("KEYS", "*")}
    assert left == {*("history", "order", "runs", "owned:ann", "contents", "uses", "ended"), "run:run-1", "log:run-1"}
