"""Keeping a worker at work in this process: one that breaks is replaced, and until then it shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from attrs import define, field

from domain.pipeline.worker import Worker
from domain.ports import Clock

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 30.0
HAND_OVER_SECONDS: Final = 1.0
"""How long the runs of a stopped worker may take to write what they have and give back their leases."""


@define(kw_only=True)
class WorkerOwner:
    """Runs one worker after another until it is stopped.

    A worker breaks only through a fault of ours or a store that can't go on. The process stays: its streams, history
    and queue are worth something to users without a worker, runs are durable and wait, and the fault may pass. So that
    nobody takes it for healthy, `is_working` is False until the next one has begun, and every break is logged.
    """

    make: Callable[[int], Worker]
    clock: Clock
    _worker: Worker | None = field(default=None, init=False)
    _stopping: asyncio.Event = field(factory=asyncio.Event, init=False)

    @property
    def is_working(self) -> bool:
        """Whether a worker claims runs just now."""
        return self._worker is not None and not self._stopping.is_set()

    async def run(self) -> None:
        """Work until `stop`; return once every run has ended or was handed over."""
        pause, count = FIRST_PAUSE_SECONDS, 0
        while not self._stopping.is_set():
            # Each has a name of its own, because a worker is never given what it holds already.
            count += 1
            self._worker = self.make(count)
            began = self.clock.monotonic()
            try:
                await self._worker.work()
            except Exception:
                if self.clock.monotonic() - began > LONGEST_PAUSE_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
                structlog.get_logger().exception("worker broke", worker=self._worker.name, next_in_seconds=pause)
                self._worker = None
                await self._wait(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    async def stop(self, *, grace_seconds: float) -> None:
        """Claim nothing more, and hand over what has not ended after the grace."""
        self._stopping.set()
        if self._worker is not None:
            await self._worker.stop(grace_seconds=grace_seconds)

    async def _wait(self, seconds: float) -> None:
        """Return after that long, or when it is to stop."""
        sleep = asyncio.create_task(self.clock.sleep(seconds))
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({sleep, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            stop.cancel()


@asynccontextmanager
async def working(worker: WorkerOwner) -> AsyncIterator[None]:
    """Let the worker work beside the block; at its end it hands over what it has."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop(grace_seconds=0)
        await asyncio.wait({task}, timeout=HAND_OVER_SECONDS)
        task.cancel()
        await asyncio.wait({task})
