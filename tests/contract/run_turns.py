"""`RunQueue` held against a model of it, over any sequence of steps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import define
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.clock import ManualClock
from domain.errors import FencedError
from domain.run.model import Lease, RunStatus
from tests.contract.store import COMPLETE, LEASE_SECONDS, OpenStore, Store, StoreContract, make_record, make_run

WORKERS = ("worker-a", "worker-b", "worker-c")
OWNERS = ("ann", "bob", "cid")

STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(OWNERS)),
    st.tuples(st.just("claim"), st.sampled_from(WORKERS)),
    st.tuples(st.just("claim_one"), st.sampled_from(WORKERS), st.integers(0, 9)),
    st.tuples(st.just("wait"), st.sampled_from((1.0, LEASE_SECONDS / 2, LEASE_SECONDS))),
    *(st.tuples(st.just(name), st.integers(0, 9)) for name in ("renew", "release", "append", "finish", "cancel")),
)


@define
class ModelRun:
    """What is to be expected of a run."""

    id: str
    owner: str
    epoch: int = 0
    tail: int = 1
    status: RunStatus = RunStatus.QUEUED
    lease: Lease | None = None
    expires_at: float = 0.0
    cancel_requested: bool = False


class Walk:
    """Does each step to the store and to the model, and compares what comes of it."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.runs: list[ModelRun] = []
        self.leases: list[Lease] = []

    async def create(self, owner: str) -> None:
        run = ModelRun(id=f"run-{len(self.runs)}", owner=owner)
        self.runs.append(run)
        await self.store.runs.create(make_run(run.id, owner=owner))

    async def claim(self, worker: str) -> None:
        expected = min(filter(lambda run: self.may_claim(run, worker), self.runs), key=self.turn, default=None)
        self.check_claimed(expected, await self.store.queue.claim(worker, wait_seconds=0), worker)

    async def claim_one(self, worker: str, number: int) -> None:
        if number < len(self.runs):
            run = self.runs[number]
            lease = await self.store.queue.claim(worker, wait_seconds=0, run_id=run.id)
            self.check_claimed(run if self.may_claim(run, worker) else None, lease, worker)

    async def wait(self, seconds: float) -> None:
        await self.clock.advance(seconds)

    async def renew(self, number: int) -> None:
        run, lease = self.pick(number)
        if lease is None:
            return
        if run.lease != lease:
            with pytest.raises(FencedError):
                await self.store.queue.renew(lease, wait_seconds=0)
            return
        renewal = await self.store.queue.renew(lease, wait_seconds=0)
        assert renewal.cancel_requested == run.cancel_requested
        run.expires_at = self.clock.monotonic() + LEASE_SECONDS

    async def release(self, number: int) -> None:
        run, lease = self.pick(number)
        if lease is not None:
            await self.store.queue.release(lease)
            if run.lease == lease:
                run.lease, run.status = None, RunStatus.QUEUED

    async def append(self, number: int) -> None:
        await self.add_record(number, "delta")

    async def finish(self, number: int) -> None:
        await self.add_record(number, "complete")

    async def cancel(self, number: int) -> None:
        if number < len(self.runs):
            run = self.runs[number]
            assert await self.store.queue.request_cancel(run.id) is run.status
            run.cancel_requested = run.cancel_requested or not run.status.is_terminal

    async def check_all(self) -> None:
        for run in self.runs:
            stored, _ = await self.store.runs.get(run.id)
            assert (stored.status, stored.epoch, stored.tail) == (run.status, run.epoch, run.tail)
            assert stored.cancel_requested == run.cancel_requested
            assert [record.seq for record in await self.store.log.read(run.id)] == list(range(1, run.tail + 1))

    async def add_record(self, number: int, kind: str) -> None:
        run, lease = self.pick(number)
        if lease is None:
            return
        record = make_record(run.id, run.tail + 1, epoch=lease.epoch, kind=kind)
        finish = COMPLETE if kind == "complete" else None
        if run.lease != lease:
            with pytest.raises(FencedError):
                await self.store.log.append(lease, [record], finish=finish)
            return
        await self.store.log.append(lease, [record], finish=finish)
        run.tail += 1
        if finish is not None:
            run.lease, run.status = None, finish.status

    def pick(self, number: int) -> tuple[ModelRun, Lease | None]:
        if number >= len(self.leases):
            return ModelRun(id="", owner=""), None
        lease = self.leases[-1 - number]
        return next(run for run in self.runs if run.id == lease.run_id), lease

    def may_claim(self, run: ModelRun, worker: str) -> bool:
        if run.lease is None:
            return run.status is RunStatus.QUEUED
        return run.lease.worker != worker and run.expires_at <= self.clock.monotonic()

    def turn(self, run: ModelRun) -> tuple[int, int]:
        others = [other for other in self.runs if other is not run and other.owner == run.owner and other.lease]
        return len(others), self.runs.index(run)

    def check_claimed(self, run: ModelRun | None, lease: Lease | None, worker: str) -> None:
        if run is None:
            assert lease is None
            return
        run.epoch += 1
        run.lease = Lease(run_id=run.id, epoch=run.epoch, worker=worker, is_takeover=run.lease is not None)
        assert lease == run.lease
        run.status, run.expires_at = RunStatus.RUNNING, self.clock.monotonic() + LEASE_SECONDS
        self.leases.append(lease)


class RunTurnsContract(StoreContract):
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(steps=st.lists(STEPS, min_size=10, max_size=40))
    def test_no_sequence_of_steps_breaks_a_law(
        self, open_store: OpenStore, clock: ManualClock, steps: list[tuple[Any, ...]]
    ) -> None:
        async def walk() -> None:
            async with open_store(lease_seconds=LEASE_SECONDS) as store:
                steps_taken = Walk(store, clock)
                for name, *arguments in steps:
                    await getattr(steps_taken, name)(*arguments)
                await steps_taken.check_all()

        asyncio.run(walk())
