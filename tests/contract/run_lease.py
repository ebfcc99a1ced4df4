"""The laws of `RunQueue`: leases and cancels."""

from __future__ import annotations

import asyncio

import pytest

from adapters.clock import ManualClock, settle
from domain.errors import FencedError, RunNotFoundError
from domain.run.model import Lease, Renewal, RunStatus
from tests.contract.store import (
    COMPLETE,
    LEASE_SECONDS,
    OTHER_WORKER,
    WORKER,
    Store,
    StoreContract,
    finish_run,
    make_record,
    make_run,
    pass_time,
    soon,
    start_run,
)


async def claim(store: Store, worker: str = WORKER, run_id: str | None = None) -> Lease | None:
    """Claim what can be claimed now."""
    return await store.queue.claim(worker, wait_seconds=0, run_id=run_id)


class RunLeaseContract(StoreContract):
    async def test_a_lease_that_ran_out_is_taken_over(self, store: Store, clock: ManualClock) -> None:
        await start_run(store)
        await clock.advance(LEASE_SECONDS - 0.1)
        assert await claim(store, OTHER_WORKER) is None

        await clock.advance(0.1)

        assert await claim(store, OTHER_WORKER) == Lease(run_id="run-1", epoch=2, worker=OTHER_WORKER, is_takeover=True)

    async def test_a_lease_that_runs_out_wakes_a_waiting_claim(self, store: Store, clock: ManualClock) -> None:
        await start_run(store)

        lease = await pass_time(clock, store.queue.claim(OTHER_WORKER, wait_seconds=60), seconds=LEASE_SECONDS)

        assert lease == Lease(run_id="run-1", epoch=2, worker=OTHER_WORKER, is_takeover=True)

    async def test_a_renewed_lease_is_not_taken_over(self, store: Store, clock: ManualClock) -> None:
        lease = await start_run(store)
        for _ in range(5):
            await clock.advance(LEASE_SECONDS * 0.9)
            await store.queue.renew(lease, wait_seconds=0)

            assert await claim(store, OTHER_WORKER) is None

    async def test_a_late_renewal_keeps_a_lease_that_nobody_took(self, store: Store, clock: ManualClock) -> None:
        lease = await start_run(store)
        await clock.advance(LEASE_SECONDS * 3)

        await store.queue.renew(lease, wait_seconds=0)

        assert await claim(store, OTHER_WORKER) is None
        await store.log.append(lease, [make_record("run-1", 2)])

    async def test_a_worker_never_takes_over_from_itself(self, store: Store, clock: ManualClock) -> None:
        await start_run(store)
        await clock.advance(LEASE_SECONDS * 3)

        assert await claim(store, WORKER) is None
        assert await claim(store, WORKER, run_id="run-1") is None
        assert await claim(store, OTHER_WORKER) is not None

    async def test_who_lost_the_lease_can_do_nothing_more(self, store: Store, clock: ManualClock) -> None:
        old = await start_run(store)
        await clock.advance(LEASE_SECONDS)
        new = await claim(store, OTHER_WORKER)
        assert new is not None

        with pytest.raises(FencedError):
            await store.queue.renew(old, wait_seconds=0)
        with pytest.raises(FencedError):
            await store.log.append(old, [make_record("run-1", 2)])
        await store.queue.release(old)

        assert await store.queue.renew(new, wait_seconds=0) == Renewal(
            cancel_requested=False, unfollowed_seconds=LEASE_SECONDS
        )

    async def test_a_takeover_wakes_the_renewal_of_who_lost_it(self, store: Store, clock: ManualClock) -> None:
        old = await start_run(store)
        renewing = asyncio.ensure_future(store.queue.renew(old, wait_seconds=LEASE_SECONDS * 9))
        await clock.advance(LEASE_SECONDS)

        await claim(store, OTHER_WORKER)

        with pytest.raises(FencedError):
            await soon(renewing)

    async def test_a_released_run_is_queued_in_its_old_place(self, store: Store) -> None:
        lease = await start_run(store, "run-1")
        await store.runs.create(make_run("run-2"))

        await store.queue.release(lease)

        run, _ = await store.runs.get("run-1")
        assert (run.status, run.epoch) == (RunStatus.QUEUED, 1)
        assert await claim(store) == Lease(run_id="run-1", epoch=2, worker=WORKER, is_takeover=False)

    async def test_a_lease_is_released_once(self, store: Store) -> None:
        lease = await start_run(store)
        await store.queue.release(lease)
        new = await claim(store)
        assert new is not None

        await store.queue.release(lease)

        assert await claim(store, OTHER_WORKER) is None
        await store.queue.renew(new, wait_seconds=0)

    async def test_a_released_lease_is_not_renewed(self, store: Store) -> None:
        lease = await start_run(store)
        await store.queue.release(lease)

        with pytest.raises(FencedError):
            await store.queue.renew(lease, wait_seconds=0)

    async def test_releasing_an_ended_run_does_nothing(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)

        await store.queue.release(lease)

        run, _ = await store.runs.get("run-1")
        assert run.status is RunStatus.COMPLETE

    async def test_releasing_while_the_end_is_written_leaves_the_run_ended(self, store: Store) -> None:
        lease = await start_run(store)
        last = make_record("run-1", 2, kind="complete")

        await asyncio.gather(store.log.append(lease, [last], finish=COMPLETE), store.queue.release(lease))

        run, _ = await store.runs.get("run-1")
        assert run.status is RunStatus.COMPLETE
        assert await claim(store, OTHER_WORKER) is None

    async def test_an_ended_run_is_not_renewed(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)

        with pytest.raises(FencedError):
            await store.queue.renew(lease, wait_seconds=0)

    async def test_the_end_of_a_run_wakes_its_renewal(self, store: Store) -> None:
        lease = await start_run(store)
        renewing = asyncio.ensure_future(store.queue.renew(lease, wait_seconds=60))
        await settle()

        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)

        with pytest.raises(FencedError):
            await soon(renewing)

    async def test_a_renewal_waits_for_a_cancel_as_long_as_asked(self, store: Store, clock: ManualClock) -> None:
        lease = await start_run(store)
        renewing = asyncio.ensure_future(store.queue.renew(lease, wait_seconds=3))

        await clock.advance(2.9)
        assert not renewing.done()
        await clock.advance(0.1)

        assert await soon(renewing) == Renewal(cancel_requested=False, unfollowed_seconds=3.0)

    async def test_a_cancel_wakes_the_renewal(self, store: Store) -> None:
        lease = await start_run(store)
        renewing = asyncio.ensure_future(store.queue.renew(lease, wait_seconds=60))
        await settle()

        assert await store.queue.request_cancel("run-1") is RunStatus.RUNNING

        assert await soon(renewing) == Renewal(cancel_requested=True, unfollowed_seconds=0.0)

    async def test_a_cancel_is_there_for_every_later_renewal(self, store: Store, clock: ManualClock) -> None:
        lease = await start_run(store)
        await store.queue.request_cancel("run-1")

        for _ in range(2):
            renewal = await soon(store.queue.renew(lease, wait_seconds=60))
            assert renewal.cancel_requested
        assert clock.sleepers == 0

    async def test_a_queued_run_that_is_cancelled_is_still_claimed(self, store: Store) -> None:
        await store.runs.create(make_run())

        assert await store.queue.request_cancel("run-1") is RunStatus.QUEUED

        lease = await claim(store)
        assert lease is not None
        assert (await soon(store.queue.renew(lease, wait_seconds=60))).cancel_requested

    async def test_a_cancel_outlasts_release_and_takeover(self, store: Store, clock: ManualClock) -> None:
        await store.queue.release(await start_run(store))
        await store.queue.request_cancel("run-1")
        await claim(store)
        await clock.advance(LEASE_SECONDS)

        lease = await claim(store, OTHER_WORKER)

        assert lease is not None
        assert (await soon(store.queue.renew(lease, wait_seconds=60))).cancel_requested
        run, _ = await store.runs.get("run-1")
        assert run.cancel_requested

    async def test_cancelling_an_ended_run_changes_nothing(self, store: Store) -> None:
        await finish_run(store)
        before = await store.runs.get("run-1")

        assert await store.queue.request_cancel("run-1") is RunStatus.COMPLETE

        assert await store.runs.get("run-1") == before

    async def test_cancelling_no_run_is_refused(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError):
            await store.queue.request_cancel("run-1")

    async def test_a_run_is_unfollowed_since_it_was_last_touched(self, store: Store, clock: ManualClock) -> None:
        lease = await start_run(store)
        await clock.advance(4)
        before = await store.queue.renew(lease, wait_seconds=0)

        await store.queue.touch("run-1")
        await clock.advance(2)
        after = await store.queue.renew(lease, wait_seconds=0)

        assert (before.unfollowed_seconds, after.unfollowed_seconds) == (4.0, 2.0)

    async def test_touching_no_run_does_nothing(self, store: Store) -> None:
        await store.queue.touch("run-1")

        assert await claim(store) is None
