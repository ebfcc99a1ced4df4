"""The worker: claims runs, renews its leases, carries the runs out, and gives back what it can't finish."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from enum import Enum
from typing import Any

from attrs import define, field, frozen

from domain.content.prompt_set import parse_prompt_set
from domain.errors import FencedError, InvalidRequestError, StoreError, StoreUnavailableError
from domain.pipeline.endings import end_cancelled, end_failed, end_unfit
from domain.pipeline.gathering import Beat
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.probation import Probation
from domain.pipeline.recorder import Recorder
from domain.pipeline.run import Run
from domain.ports import Clock, RunLog, RunQueue, RunStore
from domain.run.history import History
from domain.run.model import Lease, Record, RunStatus, StoredRun

log = logging.getLogger(__name__)

UNFOLLOWED_SECONDS = 30.0
"""A run that asked for it is cancelled after so long without any follower."""
RENEWALS_PER_LEASE = 3
CLAIM_WAIT_SECONDS = 30.0
RETRY_SECONDS = 0.5
CANCELLED = "The run was cancelled."
UNFOLLOWED = f"Nobody had followed the run for {UNFOLLOWED_SECONDS:.0f} seconds, so it was cancelled as asked."


class _Interruption(Enum):
    """Why a run is not carried out to its end here."""

    CANCELLED = "cancelled"
    UNFOLLOWED = "unfollowed"
    FENCED = "fenced"
    HANDED_OVER = "handed_over"


@frozen(kw_only=True)
class Executor:
    """Carries out one claimed run, from wherever its log says that it stands."""

    runs: RunStore
    log: RunLog
    queue: RunQueue
    pipeline: ContentPipeline
    clock: Clock
    beat: Beat
    probation: Probation
    lease_seconds: float = 10.0

    async def carry_out(self, lease: Lease, handing_over: asyncio.Event) -> None:
        """Work until the run has ended, a cancel, a fence, or `handing_over`; the lease is given back in any case."""
        try:
            await self._carry_out(lease, handing_over)
        except FencedError:
            log.warning("run moved on to another worker", extra={"run_id": lease.run_id, "epoch": lease.epoch})
        except Exception:
            log.exception("run can't be carried out now", extra={"run_id": lease.run_id, "epoch": lease.epoch})
            # Whoever claims it next is likely to fail in the same way: no hurry.
            await self.clock.sleep(self.lease_seconds)
        finally:
            await self._release(lease)

    async def _carry_out(self, lease: Lease, handing_over: asyncio.Event) -> None:
        stored, content = await self.runs.get(lease.run_id)
        records = await self._read_log(lease.run_id)
        history = History.fold(records)
        recorder = Recorder(self.log, lease, stored.spec, History.fold(records), clock=self.clock)
        async with recorder:
            try:
                run = Run(
                    id=lease.run_id,
                    spec=stored.spec,
                    prompt_set=parse_prompt_set(content),
                    history=history,
                    owner=stored.owner,
                    epoch=lease.epoch,
                    age_seconds=lease.age_seconds,
                    restart_reason="worker_lost" if lease.is_takeover else "handed_over",
                )
                await self._advance(run, recorder, lease, stored, handing_over)
            except InvalidRequestError as error:
                log.warning("run can't be carried out any more", extra={"run_id": lease.run_id, "fault": error.message})
                await self.pipeline.write_off(lease.run_id, epoch=lease.epoch)
                is_cancelled = stored.cancel_requested
                end = (
                    end_cancelled(history, CANCELLED) if is_cancelled else end_unfit(history, stored.spec.checks, error)
                )
                await recorder.record(end)

    async def _advance(
        self, run: Run, recorder: Recorder, lease: Lease, stored: StoredRun, handing_over: asyncio.Event
    ) -> None:
        if stored.cancel_requested:
            lost = await self.pipeline.give_up(run)
            await recorder.record((*lost, *end_cancelled(run.history, CANCELLED)))
            return
        interruption = await self._execute(run, recorder, lease, stored, handing_over)
        await self._conclude(interruption, run, recorder)

    async def _execute(
        self, run: Run, recorder: Recorder, lease: Lease, stored: StoredRun, handing_over: asyncio.Event
    ) -> _Interruption | None:
        """Return why it was interrupted, or None when the pipeline has come to the run's end."""
        work = asyncio.create_task(self._record_all(run, recorder))
        watch = asyncio.create_task(
            self._watch(lease, cancels_unfollowed=stored.spec.request.on_disconnect == "cancel")
        )
        leave = asyncio.create_task(handing_over.wait())
        try:
            done, _ = await asyncio.wait({work, watch, leave}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, watch, leave):
                task.cancel()
            await asyncio.wait({work, watch, leave})
        if work in done:
            work.result()
            return None
        return watch.result() if watch in done else _Interruption.HANDED_OVER

    async def _record_all(self, run: Run, recorder: Recorder) -> None:
        try:
            async with self.probation.begin(run), aclosing(self.pipeline.run_stream(run)) as steps:
                async for events in steps:
                    await recorder.record(events)
        except (StoreError, InvalidRequestError):
            raise
        except Exception:
            log.exception("run failed unexpectedly", extra={"run_id": run.id})
            message = "Galley failed in a way that nobody expected; the log of the service says more."
            await recorder.record(end_failed(run.history, code="internal", message=message, retryable=True))

    async def _watch(self, lease: Lease, *, cancels_unfollowed: bool) -> _Interruption:
        """Renew the lease until something ends the work on the run."""
        while True:
            try:
                renewal = await self.queue.renew(lease, wait_seconds=self.lease_seconds / RENEWALS_PER_LEASE)
            except FencedError:
                return _Interruption.FENCED
            except StoreUnavailableError:
                await self.clock.sleep(RETRY_SECONDS)
                continue
            if renewal.cancel_requested:
                return _Interruption.CANCELLED
            if cancels_unfollowed and renewal.unfollowed_seconds >= UNFOLLOWED_SECONDS:
                return _Interruption.UNFOLLOWED

    async def _conclude(self, interruption: _Interruption | None, run: Run, recorder: Recorder) -> None:
        """Write what is left to be said of a run that was interrupted; its provider's stream is closed by now."""
        if interruption is None or run.history.terminal is not None:
            return
        if interruption is _Interruption.FENCED:
            recorder.abandon()
            raise FencedError("The lease is another worker's.")
        if run.cut_call is not None:
            await recorder.record((run.cut_call,))
        if interruption is _Interruption.HANDED_OVER:
            return
        message = CANCELLED if interruption is _Interruption.CANCELLED else UNFOLLOWED
        await recorder.record(end_cancelled(run.history, message))

    async def _read_log(self, run_id: str) -> list[Record]:
        records: list[Record] = []
        while page := await self.log.read(run_id, after=len(records)):
            records.extend(page)
        return records

    async def _release(self, lease: Lease) -> None:
        try:
            await self.queue.release(lease)
        except StoreError:
            log.warning("a lease could not be given back; it runs out by itself", extra={"run_id": lease.run_id})


@define(kw_only=True)
class Worker:
    """Claims runs and carries out up to `slots` of them at once, until it is told to stop."""

    name: str
    executor: Executor
    slots: int
    _handing_over: asyncio.Event = field(factory=asyncio.Event, init=False)
    _stopping: asyncio.Event = field(factory=asyncio.Event, init=False)
    _running: set[asyncio.Task[Any]] = field(factory=set, init=False)

    async def work(self) -> None:
        """Claim and carry out until `stop`; then return once every run has ended or was handed over."""
        beat = asyncio.create_task(self.executor.beat.go_on())
        claiming: asyncio.Task[Any] = asyncio.create_task(self._claim_all())
        stopping: asyncio.Task[Any] = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({claiming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            claiming.cancel()
            await asyncio.wait({claiming, *self._running})
        finally:
            stopping.cancel()
            for task in (claiming, *self._running):
                task.cancel()
            await asyncio.wait({claiming, stopping, *self._running})
            beat.cancel()
        if not claiming.cancelled():
            claiming.result()

    async def stop(self, *, grace_seconds: float) -> None:
        """Claim nothing more; what has not ended after the grace is handed over to whoever claims it next."""
        self._stopping.set()
        grace = asyncio.create_task(self.executor.clock.sleep(grace_seconds))
        try:
            while self._running and not grace.done():
                await asyncio.wait({grace, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            grace.cancel()
            self._handing_over.set()

    async def _claim_all(self) -> None:
        free = asyncio.Semaphore(self.slots)
        while True:
            await free.acquire()
            lease = await self._claim()
            if lease is None:
                free.release()
                continue
            task = asyncio.create_task(self.executor.carry_out(lease, self._handing_over))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(lambda _: free.release())

    async def _claim(self) -> Lease | None:
        try:
            return await self.executor.queue.claim(self.name, wait_seconds=CLAIM_WAIT_SECONDS)
        except StoreUnavailableError:
            await self.executor.clock.sleep(RETRY_SECONDS)
            return None


@frozen(kw_only=True)
class Canceller:
    """Cancels runs: a running one through its worker, a queued one by taking it and ending it at once."""

    name: str
    executor: Executor

    async def cancel(self, run_id: str) -> RunStatus:
        """Ask for a cancel; return the run's status, which is running while its worker still closes the provider.

        Raises:
            RunNotFoundError: There is no such run.
        """
        status = await self.executor.queue.request_cancel(run_id)
        if status is not RunStatus.QUEUED:
            return status
        lease = await self.executor.queue.claim(self.name, wait_seconds=0, run_id=run_id)
        if lease is not None:
            await self.executor.carry_out(lease, asyncio.Event())
        return (await self.executor.log.tail(run_id)).status
