"""A worker that breaks: how it shows, and what replaces it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from attrs import evolve

from adapters.clock import ManualClock, settle
from adapters.stores.memory.store import MemoryStore
from domain.pipeline.worker import Worker
from entrypoints.bootstrap import open_core
from entrypoints.settings import Settings
from entrypoints.worker import FIRST_PAUSE_SECONDS, WorkerOwner
from tests.entrypoints.bootstrapped import scripted


class BrokenQueue:
    """A queue whose first claim fails as nothing should."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.claims = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store.queue, name)

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Any:
        self.claims += 1
        if self.claims == 1:
            raise RuntimeError("nobody expected this")
        return await self._store.queue.claim(worker, wait_seconds=wait_seconds, run_id=run_id)


@asynccontextmanager
async def broken_worker(settings: Settings) -> AsyncIterator[tuple[WorkerOwner, ManualClock, BrokenQueue]]:
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    queue = BrokenQueue(store)
    async with open_core(evolve(settings, workers=0), provider=scripted(), clock=clock, store=store) as core:
        executor = evolve(core.canceller.executor, queue=queue)
        owner = WorkerOwner(make=lambda count: Worker(name=f"w-{count}", executor=executor, slots=1), clock=clock)
        task = asyncio.create_task(owner.run())
        await settle()
        yield owner, clock, queue
        await owner.stop(grace_seconds=0.0)
        await asyncio.wait_for(task, 5)


async def test_a_worker_that_breaks_shows_and_is_replaced_after_a_pause(
    settings: Settings, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    async with broken_worker(settings) as (owner, clock, queue):
        assert not owner.is_working
        await clock.advance(FIRST_PAUSE_SECONDS)
        assert owner.is_working
        assert queue.claims == 2

    (line,) = [line for line in logged() if line["event"] == "worker broke"]
    assert (line["worker"], line["next_in_seconds"]) == ("w-1", 1.0)
    assert "nobody expected this" in line["exception"]


async def test_a_broken_worker_can_be_stopped_while_it_pauses(settings: Settings) -> None:
    async with broken_worker(settings) as (owner, _, queue):
        pass

    assert (owner.is_working, queue.claims) == (False, 1)
