"""The run queue in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from adapters.stores.postgresql.claims import Claims, Look, Wish
from adapters.stores.postgresql.database import Database
from adapters.stores.postgresql.fault import repeatable
from adapters.stores.postgresql.leases import Leases
from adapters.stores.postgresql.notice import Notice, write_payloads
from adapters.stores.postgresql.ring import QUEUE, Rings
from adapters.stores.postgresql.writer import Release, Writer
from domain.errors import RunNotFoundError
from domain.ports import Clock
from domain.run.model import Lease, LiveRuns, Renewal, RunStatus

Result = TypeVar("Result")
LEAST_PAUSE_SECONDS = 0.05
DEAF_PAUSE_SECONDS = 1.0
"""How often a waiting claim looks by itself while nobody tells it of new runs."""

_CANCEL = """
WITH flagged AS (
    UPDATE runs SET cancel_requested = true WHERE id = $1 AND status IN ('queued', 'running') RETURNING id
), told AS (
    SELECT pg_notify('galley', payload) FROM unnest($2::text[]) AS payload WHERE EXISTS (SELECT FROM flagged)
)
SELECT status, (SELECT count(*) FROM told) FROM runs WHERE id = $1
"""

_COUNT = """
SELECT (SELECT count(*) FROM runs WHERE status = 'queued') AS queued,
    (SELECT count(*) FROM runs WHERE status = 'running') AS running
"""


class PostgresqlRunQueue:
    """`RunQueue` in PostgreSQL; leases go by the server's clock, waiting by this process's."""

    def __init__(
        self,
        database: Database,
        *,
        claims: Claims,
        leases: Leases,
        writer: Writer,
        rings: Rings,
        clock: Clock,
        sender: str,
        is_told: Callable[[], bool],
    ) -> None:
        self._database = database
        self._claims = claims
        self._leases = leases
        self._writer = writer
        self._rings = rings
        self._clock = clock
        self._sender = sender
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
        payloads = write_payloads(self._sender, Notice(states=[run_id]))
        with repeatable():
            rows = await self._database.write(_CANCEL, run_id, payloads)
        if not rows:
            raise RunNotFoundError(f"There is no run {run_id}.")
        self._rings.ring([run_id])
        return RunStatus(rows[0]["status"])

    async def touch(self, run_id: str) -> None:
        """Note it where every worker sees it."""
        await self._leases.touch(run_id)

    async def count(self) -> LiveRuns:
        """Count through the two partial indexes."""
        (row,) = await self._database.read(_COUNT)
        return LiveRuns(queued=row["queued"], running=row["running"])

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
