"""The run queue of an engine that many processes share: waiting here, everything else in the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from adapters.stores.claims import Claims, Look, Wish
from adapters.stores.leases import Leases
from adapters.stores.ring import QUEUE, Rings
from adapters.stores.writing import Release
from domain.errors import RunNotFoundError
from domain.ports import Clock
from domain.run.model import Lease, LiveRuns, Renewal, RunStatus

Result = TypeVar("Result")
LEAST_PAUSE_SECONDS = 0.05
DEAF_PAUSE_SECONDS = 1.0
"""How often a waiting claim looks by itself while nobody tells it of new runs."""


class Writer(Protocol):
    """What writes appends and releases in the order in which they are asked for."""

    async def write(self, write: Release) -> None:
        """Return once it is durable."""
        ...


class QueueEngine(Protocol):
    """What cancelling and counting need of an engine."""

    async def flag_cancel(self, run_id: str) -> RunStatus | None:
        """Flag a live run durably and tell the other processes; return the run's status, None where there is no run.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...

    async def count(self) -> LiveRuns:
        """Return how many runs are queued and running.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...


class SharedRunQueue:
    """`RunQueue` for many processes; leases go by the engine's clock, waiting by this process's."""

    def __init__(
        self,
        *,
        claims: Claims,
        leases: Leases,
        engine: QueueEngine,
        writer: Writer,
        rings: Rings,
        clock: Clock,
        is_told: Callable[[], bool],
    ) -> None:
        self._claims = claims
        self._leases = leases
        self._engine = engine
        self._writer = writer
        self._rings = rings
        self._clock = clock
        self._is_told = is_told
        self._tasks: set[asyncio.Task[Any]] = set()

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        """Take the next run, or that one."""
        until = self._clock.monotonic() + wait_seconds
        while True:
            with self._rings.hear(QUEUE) as ring:
                look = await self._look(Wish(worker=worker, run_id=run_id))
                left = until - self._clock.monotonic()
                if look.lease is not None or left <= 0:
                    return look.lease
                await ring.wait(self._clock, min(left, self._pause(look)))

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        """Extend the lease, then wait for a cancel."""
        until = self._clock.monotonic() + wait_seconds
        ask = self._leases.extend
        while True:
            with self._rings.hear(lease.run_id) as ring:
                renewal = await ask(lease)
                left = until - self._clock.monotonic()
                if renewal.cancel_requested or left <= 0:
                    return renewal
                await ring.wait(self._clock, left)
            ask = self._leases.read

    async def release(self, lease: Lease) -> None:
        """Put the run back into its old place, after what was appended before."""
        await self._writer.write(Release(lease=lease))
        self._rings.ring([QUEUE, lease.run_id])

    async def request_cancel(self, run_id: str) -> RunStatus:
        """Flag durably, then wake."""
        status = await self._engine.flag_cancel(run_id)
        if status is None:
            raise RunNotFoundError(f"There is no run {run_id}.")
        self._rings.ring([run_id])
        return status

    async def touch(self, run_id: str) -> None:
        """Note it where every worker sees it."""
        await self._leases.touch(run_id)

    async def count(self) -> LiveRuns:
        """Ask the engine."""
        return await self._engine.count()

    async def close(self) -> None:
        """Let the looks that nobody waits for undo what they took."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._leases.close()

    async def _look(self, wish: Wish) -> Look:
        """Look in a task of its own: one that its caller gives up on must not leave a run behind that nobody holds."""
        look = self._start(self._claims.look(wish))
        try:
            return await asyncio.shield(look)
        except asyncio.CancelledError:
            wish.given_up.set()
            if look.done() and look.exception() is None:
                self._start(self._claims.undo(look.result()))
            raise

    def _start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work, name="claim")
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        """Drop a task, and take note of its error where nobody waits for it any more."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    def _pause(self, look: Look) -> float:
        foreseen = float("inf") if look.seconds is None else max(LEAST_PAUSE_SECONDS, look.seconds)
        return foreseen if self._is_told() else min(foreseen, DEAF_PAUSE_SECONDS)
