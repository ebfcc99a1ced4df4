"""The run queue of an engine that one process holds alone: leases and wake-ups in memory, epochs in the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapters.stores.bell import Bell
from adapters.stores.turns import LiveRun, Turns
from domain.errors import FencedError
from domain.ports import Clock
from domain.run.model import Lease, LiveRuns, Renewal, RunStatus

LEASE_SECONDS = 10.0


class Claims(Protocol):
    """What the engine keeps of the queue: epochs, statuses and cancel flags, which outlast the process.

    Steps take effect in the order in which they are asked for, those too that their caller gave up on.
    """

    async def start(self, run_id: str) -> int | None:
        """Make a live run running with the next epoch; return that, or None where the run is not live any more."""
        ...

    async def requeue(self, run_id: str, epoch: int) -> None:
        """Make it queued again if it runs with that epoch."""
        ...

    async def flag_cancel(self, run_id: str, landed: Callable[[RunStatus], None]) -> RunStatus:
        """Note that a cancel is asked for if the run is live, tell `landed`, and return the run's status.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...


class LocalRunQueue:
    """`RunQueue` for one process. Leases go by the monotonic clock, so that no change of the wall clock ends one."""

    def __init__(self, claims: Claims, clock: Clock, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._claims = claims
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._turns = Turns()
        self._claimable = Bell()

    def add(
        self, run_id: str, *, owner: str, order: int, is_queued: bool = True, cancel_requested: bool = False
    ) -> None:
        """Take in a live run; `order` counts up with creation. One that is not queued has lost its worker."""
        run = LiveRun(
            id=run_id,
            owner=owner,
            order=order,
            is_queued=is_queued,
            cancel_requested=cancel_requested,
            touched_at=self._clock.monotonic(),
        )
        self._turns.add(run)
        self._claimable.ring()

    def end(self, run_id: str) -> None:
        """Forget a run that has ended."""
        run = self._turns.remove(run_id)
        if run is not None:
            run.changed.ring()

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        """Take the next run, or that one."""
        until = self._clock.monotonic() + wait_seconds
        while True:
            now = self._clock.monotonic()
            run = self._turns.find_next(worker, now=now, run_id=run_id)
            if run is not None:
                lease = await self._take(run, worker)
                if lease is not None:
                    return lease
            elif now >= until:
                return None
            else:
                await self._claimable.wait(self._clock, min(until, self._turns.next_expiry(worker)) - now)

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        """Extend the lease, then wait for a cancel."""
        run = self._find_held(lease)
        run.expires_at = self._expiry()
        if not run.cancel_requested:
            await run.changed.wait(self._clock, wait_seconds)
        run = self._find_held(lease)
        unfollowed_seconds = self._clock.monotonic() - run.touched_at
        return Renewal(cancel_requested=run.cancel_requested, unfollowed_seconds=unfollowed_seconds)

    async def release(self, lease: Lease) -> None:
        """Put the run back into its old place."""
        try:
            run = self._find_held(lease)
        except FencedError:
            return
        try:
            await self._claims.requeue(lease.run_id, lease.epoch)
        finally:
            # Durable or not, this worker is done with it; a later claim takes a higher epoch.
            self._put_back(run, worker=lease.worker, epoch=lease.epoch, is_queued=True)

    async def request_cancel(self, run_id: str) -> RunStatus:
        """Flag durably, then wake."""
        return await self._claims.flag_cancel(run_id, lambda _: self._note_cancel(run_id))

    async def touch(self, run_id: str) -> None:
        """Note it in memory only: after a restart every follower has to come back anyway."""
        run = self._turns.get(run_id)
        if run is not None:
            run.touched_at = self._clock.monotonic()

    async def count(self) -> LiveRuns:
        """Count in memory."""
        return self._turns.count()

    def _expiry(self) -> float:
        return self._clock.monotonic() + self._lease_seconds

    def _note_cancel(self, run_id: str) -> None:
        run = self._turns.get(run_id)
        if run is not None:
            run.cancel_requested = True
            run.changed.ring()

    def _find_held(self, lease: Lease) -> LiveRun:
        run = self._turns.get_held(lease.run_id)
        if run is None or run.worker != lease.worker or run.epoch != lease.epoch:
            raise FencedError(f"The lease on run {lease.run_id} is over.")
        return run

    async def _take(self, run: LiveRun, worker: str) -> Lease | None:
        is_takeover = not run.is_queued
        self._turns.hold(run, worker=worker, expires_at=self._expiry())
        run.changed.ring()
        try:
            epoch = await self._claims.start(run.id)
        except BaseException:
            # Durable or not, nobody works with this epoch; the next claim takes a higher one.
            self._put_back(run, worker=worker, epoch=None, is_queued=not is_takeover)
            raise
        if epoch is None:
            self.end(run.id)
            return None
        run.epoch, run.expires_at = epoch, self._expiry()
        return Lease(run_id=run.id, epoch=epoch, worker=worker, is_takeover=is_takeover)

    def _put_back(self, run: LiveRun, *, worker: str, epoch: int | None, is_queued: bool) -> None:
        if (run.worker, run.epoch) == (worker, epoch):
            self._turns.put_back(run, is_queued=is_queued)
            self._claimable.ring()
