"""Claiming, carrying out, cancelling, handing over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from attrs import define, evolve, field

from adapters.clock import ManualClock, settle
from adapters.providers.scripted import Pause, Script, ScriptedProvider, Stall
from adapters.stores.memory.store import MemoryStore
from domain.content.prompt_set import encode_prompt_set
from domain.errors import FencedError, ProviderError, ProviderOverloadedError, StoreError, StoreUnavailableError
from domain.pipeline.gathering import Beat
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.probation import Probation
from domain.pipeline.run import Run
from domain.pipeline.worker import UNFOLLOWED_SECONDS, Canceller, Executor, Worker
from domain.ports import RunLog, RunQueue, RunStore
from domain.run.codec import decode_event
from domain.run.events import Event, RunCancelled, RunCompleted, RunFailed, StageRestarted, TokensUsed
from domain.run.model import Finish, Lease, NewRun, Record, Renewal, RunQuery, RunStatus, StoredRun
from domain.run.price import Price, PriceList
from tests.domain.pipeline.kit import NOTE, make_pipeline, provide, text_of, types, write
from tests.examples import QUEUED, RUN_ID, make_record, make_spec

TALKING = write("Tea ", "is ", Stall())


@define
class Rig:
    clock: ManualClock
    store: MemoryStore
    provider: ScriptedProvider

    def executor(self, **changes: Any) -> Executor:
        parts: dict[str, Any] = {
            "runs": self.store.runs,
            "log": self.store.log,
            "queue": self.store.queue,
            "pipeline": make_pipeline(self.provider, self.clock),
            "clock": self.clock,
            "beat": Beat(self.clock),
            "probation": Probation(self.clock, 10.0),
        }
        return Executor(**(parts | changes))

    def patient_pipeline(self) -> ContentPipeline:
        return make_pipeline(self.provider, self.clock, idle_seconds=1000.0)

    @asynccontextmanager
    async def working(self, name: str = "worker-1", *, slots: int = 4, **changes: Any) -> AsyncIterator[Worker]:
        worker = Worker(name=name, executor=self.executor(**changes), slots=slots)
        work = asyncio.create_task(worker.work())
        await settle()
        try:
            yield worker
        finally:
            work.cancel()
            await asyncio.wait({work})

    async def queue_run(self, run_id: str = RUN_ID, *, on_disconnect: str = "continue") -> None:
        spec = make_spec()
        spec = evolve(spec, request=evolve(spec.request, on_disconnect=on_disconnect))
        first = make_record(QUEUED, seq=1, epoch=0, time=self.clock.now(), run_id=run_id)
        content = encode_prompt_set(NOTE)
        await self.store.runs.create(NewRun(id=run_id, owner="ann", spec=spec, content=content, record=first))
        await settle()

    async def events(self, run_id: str = RUN_ID) -> list[Event]:
        return [decode_event(record) for record in await self.store.log.read(run_id)]  # type: ignore[misc]

    async def status(self, run_id: str = RUN_ID) -> RunStatus:
        return (await self.store.log.tail(run_id)).status


@asynccontextmanager
async def rigged(scripts: Iterable[Script | str | ProviderError]) -> AsyncIterator[Rig]:
    clock = ManualClock()
    async with MemoryStore.open(clock=clock) as store:
        yield Rig(clock, store, provide(*scripts, clock=clock))


@define
class TroubledQueue:
    """A queue in front of another one, with a trouble of its own."""

    queue: RunQueue

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        return await self.queue.claim(worker, wait_seconds=wait_seconds, run_id=run_id)

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        return await self.queue.renew(lease, wait_seconds=wait_seconds)

    async def release(self, lease: Lease) -> None:
        await self.queue.release(lease)


class DeafQueue(TroubledQueue):
    """Renews nothing and tells of nothing, as if the worker's process were frozen."""

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        await asyncio.Event().wait()
        raise AssertionError


class FencingQueue(TroubledQueue):
    """Says at the first renewal that the lease is another's."""

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        await settle()
        raise FencedError("The lease is another's.")

    async def release(self, lease: Lease) -> None:
        pass


class EmptyQueue(TroubledQueue):
    """Never has a run to claim."""

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        return None

    async def request_cancel(self, run_id: str) -> RunStatus:
        return await self.queue.request_cancel(run_id)


class BrokenQueue(TroubledQueue):
    """Has a fault of its own."""

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        raise ZeroDivisionError


@define
class BrokenLog:
    """A log that can be read and not written."""

    log: RunLog

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        return await self.log.read(run_id, after=after, limit=limit)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        raise StoreError("A record does not match its checksum.")


@define
class SlowLog(BrokenLog):
    """A log that takes its time."""

    gate: asyncio.Event = field(factory=asyncio.Event)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        await self.gate.wait()
        await self.log.append(lease, records, finish=finish)


class LingeringPipeline(ContentPipeline):
    """Does not return once it has told the run's end."""

    async def run_stream(self, run: Run) -> AsyncGenerator[tuple[Event, ...], None]:
        async with aclosing(super().run_stream(run)) as steps:
            async for events in steps:
                yield events
        await asyncio.Event().wait()


@define
class FlakyRuns:
    """A run store that is not there for the first few calls."""

    runs: RunStore
    failures: int

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        self.failures -= 1
        if self.failures >= 0:
            raise StoreUnavailableError("Away.")
        return await self.runs.get(run_id)


@define
class FlakyQueue(TroubledQueue):
    """Is not there for the first few calls of each method."""

    failures: dict[str, int]

    def _fail(self, method: str) -> None:
        self.failures[method] = self.failures.get(method, 0) - 1
        if self.failures[method] >= 0:
            raise StoreUnavailableError("Away.")

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        self._fail("claim")
        return await self.queue.claim(worker, wait_seconds=wait_seconds, run_id=run_id)

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        self._fail("renew")
        return await self.queue.renew(lease, wait_seconds=wait_seconds)

    async def release(self, lease: Lease) -> None:
        self._fail("release")
        await self.queue.release(lease)


def canceller(rig: Rig) -> Canceller:
    return Canceller(name="front", executor=rig.executor())


async def test_a_queued_run_is_claimed_and_carried_out() -> None:
    async with rigged(["Tea is hot."]) as rig, rig.working():
        await rig.queue_run()
        await rig.clock.advance(1)

        assert await rig.status() is RunStatus.COMPLETE
        assert types(await rig.events())[-2:] == ["progress", "complete"]


async def test_no_more_runs_than_slots_are_carried_out_at_once() -> None:
    async with rigged([TALKING] * 3) as rig, rig.working(slots=2):
        for number in range(3):
            await rig.queue_run(f"{RUN_ID[:-1]}{number}")
        await rig.clock.advance(1)

        assert rig.provider.open_streams == 2


async def test_cancelling_closes_the_provider_and_keeps_text_and_cost() -> None:
    async with rigged([TALKING]) as rig, rig.working():
        await rig.queue_run()
        await rig.clock.advance(1)

        status = await canceller(rig).cancel(RUN_ID)
        await settle()

        used, cancelled = (await rig.events())[-2:]
        assert (status, rig.provider.open_streams) == (RunStatus.RUNNING, 0)
        assert isinstance(used, TokensUsed)
        assert isinstance(cancelled, RunCancelled)
        assert cancelled.draft == "Tea is "
        assert cancelled.metadata["usage"]["calls"] == 1


async def test_a_queued_run_is_cancelled_without_a_worker() -> None:
    async with rigged([]) as rig:
        await rig.queue_run()

        assert await canceller(rig).cancel(RUN_ID) is RunStatus.CANCELLED
        assert types(await rig.events()) == ["run", "cancelled"]


async def test_cancelling_twice_and_after_the_end_writes_nothing_more() -> None:
    async with rigged([TALKING]) as rig, rig.working():
        await rig.queue_run()
        await rig.clock.advance(1)
        await asyncio.gather(canceller(rig).cancel(RUN_ID), canceller(rig).cancel(RUN_ID))
        await settle()
        before = await rig.events()

        assert await canceller(rig).cancel(RUN_ID) is RunStatus.CANCELLED
        assert await rig.events() == before
        assert types(before).count("cancelled") == 1


async def test_a_cancel_that_was_asked_for_before_the_claim_costs_nothing() -> None:
    async with rigged([]) as rig:
        await rig.queue_run()
        await rig.store.queue.request_cancel(RUN_ID)
        async with rig.working():
            await settle()

            assert await rig.status() is RunStatus.CANCELLED
            assert rig.provider.requests == []


async def test_a_run_that_nobody_follows_is_cancelled_where_it_asked_for_that() -> None:
    async with rigged([TALKING]) as rig, rig.working(pipeline=rig.patient_pipeline()):
        await rig.queue_run(on_disconnect="cancel")
        await rig.clock.advance(UNFOLLOWED_SECONDS - 5)
        await rig.store.queue.touch(RUN_ID)
        await rig.clock.advance(20)
        followed = await rig.status()
        await rig.clock.advance(UNFOLLOWED_SECONDS)

        assert followed is RunStatus.RUNNING
        assert await rig.status() is RunStatus.CANCELLED


async def test_a_run_goes_on_without_followers_by_default() -> None:
    async with rigged([write("Tea ", Stall()), "Tea is hot."]) as rig, rig.working():
        await rig.queue_run()
        await rig.clock.advance(2 * UNFOLLOWED_SECONDS)

        assert await rig.status() is RunStatus.COMPLETE


async def test_a_stopping_worker_lets_runs_end_within_the_grace() -> None:
    async with rigged(["Tea is hot."]) as rig, rig.working() as worker:
        await rig.queue_run()
        await worker.stop(grace_seconds=5)

        assert await rig.status() is RunStatus.COMPLETE


async def test_a_stopping_worker_hands_over_what_it_can_not_finish() -> None:
    async with rigged([TALKING, "Tea is hot."]) as rig:
        async with rig.working() as worker:
            await rig.queue_run()
            await rig.clock.advance(1)
            stopping = asyncio.create_task(worker.stop(grace_seconds=5))
            await rig.clock.advance(6)
            await stopping
            assert await rig.status() is RunStatus.QUEUED
        async with rig.working("worker-2"):
            await rig.clock.advance(1)

        events = await rig.events()
        restarted = next(event for event in events if isinstance(event, StageRestarted))
        assert (restarted.reason, restarted.supersedes is not None) == ("handed_over", True)
        assert isinstance(events[-1], RunCompleted)
        assert len([event for event in events if isinstance(event, TokensUsed)]) == 2


async def test_an_impatient_stop_hands_over_at_once() -> None:
    async with rigged([TALKING]) as rig, rig.working() as worker:
        await rig.queue_run()
        await rig.clock.advance(1)
        stopping = asyncio.create_task(worker.stop(grace_seconds=5))
        await settle()
        stopping.cancel()
        await settle()

        assert await rig.status() is RunStatus.QUEUED


async def test_a_worker_that_lost_its_lease_writes_nothing_more() -> None:
    slow = write("Tea ", Pause(seconds=25), "was cold.")
    async with rigged([slow, "Tea is hot."]) as rig:
        async with rig.working(queue=DeafQueue(rig.store.queue)):
            await rig.queue_run()
            await rig.clock.advance(11)
            async with rig.working("worker-2"):
                await rig.clock.advance(30)

        events = await rig.events()
        assert isinstance(events[-1], RunCompleted)
        assert events[-1].output == "Tea is hot."
        assert "was cold" not in text_of(events)


async def test_a_worker_that_learns_of_its_lost_lease_stops_at_once() -> None:
    async with rigged([TALKING]) as rig:
        async with rig.working(queue=FencingQueue(rig.store.queue)):
            await rig.queue_run()
            await rig.clock.advance(1)

        assert rig.provider.open_streams == 0
        assert "usage" not in types(await rig.events())


class LostPrices(PriceList):
    """A list that can't be looked into."""

    def find(self, model: str) -> Price | None:
        raise LookupError(model)


async def test_a_failure_of_our_own_ends_the_run_with_an_error() -> None:
    async with rigged(["Tea is hot."]) as rig:
        pipeline = make_pipeline(rig.provider, rig.clock, prices=LostPrices())
        async with rig.working(pipeline=pipeline):
            await rig.queue_run()
            await rig.clock.advance(1)

        end = (await rig.events())[-1]
        assert isinstance(end, RunFailed)
        assert (end.code, end.retryable) == ("internal", True)


async def test_a_store_that_is_away_for_a_while_is_waited_for() -> None:
    slow = write("Tea ", Pause(seconds=5), "is hot.")
    async with rigged([slow]) as rig:
        queue = FlakyQueue(rig.store.queue, {"claim": 2, "renew": 2, "release": 1})
        async with rig.working(queue=queue):
            await rig.queue_run()
            await rig.clock.advance(10)

        assert await rig.status() is RunStatus.COMPLETE
        assert max(queue.failures.values()) <= 0


async def test_a_run_that_can_not_be_read_now_is_given_back_after_a_while() -> None:
    async with rigged(["Tea is hot."]) as rig:
        runs = FlakyRuns(rig.store.runs, failures=1)
        async with rig.working(runs=runs):
            await rig.queue_run()
            await rig.clock.advance(1)
            early = await rig.status()
            await rig.clock.advance(10)

        assert (early, await rig.status()) == (RunStatus.RUNNING, RunStatus.COMPLETE)


async def test_a_cancel_between_two_calls_has_no_call_to_account_for() -> None:
    busy = ProviderOverloadedError("Busy.", retry_after=20)
    async with rigged([busy]) as rig, rig.working():
        await rig.queue_run()
        await rig.clock.advance(1)
        await canceller(rig).cancel(RUN_ID)
        await settle()

        assert types(await rig.events()) == ["run", "progress", "usage", "progress", "cancelled"]


async def test_a_cancel_that_comes_with_the_end_changes_nothing() -> None:
    async with rigged(["Tea is hot."]) as rig:
        log = SlowLog(rig.store.log)
        pipeline = LingeringPipeline(make_pipeline(rig.provider, rig.clock).around)
        async with rig.working(pipeline=pipeline, log=log):
            await rig.queue_run()
            await rig.store.queue.request_cancel(RUN_ID)
            await settle()
            log.gate.set()
            await rig.clock.advance(1)

        assert types(await rig.events())[-2:] == ["progress", "complete"]


async def test_a_queued_run_that_a_worker_takes_meanwhile_is_cancelled_by_that_worker() -> None:
    async with rigged([]) as rig:
        await rig.queue_run()
        front = Canceller(name="front", executor=rig.executor(queue=EmptyQueue(rig.store.queue)))

        assert await front.cancel(RUN_ID) is RunStatus.QUEUED
        async with rig.working():
            await settle()
            assert await rig.status() is RunStatus.CANCELLED


async def test_a_run_whose_log_is_broken_ends_in_no_loop() -> None:
    async with rigged([TALKING, TALKING]) as rig:
        async with rig.working(log=BrokenLog(rig.store.log)):
            await rig.queue_run()
            await rig.clock.advance(5)

        run, _ = await rig.store.runs.get(RUN_ID)
        assert (run.status, run.epoch) == (RunStatus.QUEUED, 1)


async def test_a_queue_that_fails_for_no_known_reason_ends_the_worker() -> None:
    async with rigged([]) as rig:
        worker = Worker(name="worker-1", executor=rig.executor(queue=BrokenQueue(rig.store.queue)), slots=1)

        with pytest.raises(ZeroDivisionError):
            await worker.work()


async def test_listing_shows_how_runs_ended() -> None:
    async with rigged(["Tea is hot."]) as rig, rig.working():
        await rig.queue_run()
        await rig.clock.advance(1)
        (run,) = (await rig.store.runs.list(RunQuery(owner="ann"))).runs

        assert (run.status, run.success) == (RunStatus.COMPLETE, True)
