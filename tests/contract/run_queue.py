"""The laws of `RunQueue`: turns."""

from __future__ import annotations

import asyncio
from collections import Counter

from adapters.clock import ManualClock, settle
from domain.run.model import Lease, LiveRuns, RunStatus
from tests.contract.store import (
    COMPLETE,
    OTHER_WORKER,
    WORKER,
    Store,
    StoreContract,
    finish_run,
    make_record,
    make_run,
    soon,
    start_run,
)


async def claim(store: Store, worker: str = WORKER, run_id: str | None = None) -> Lease | None:
    """Claim what can be claimed now."""
    return await store.queue.claim(worker, wait_seconds=0, run_id=run_id)


async def claim_all(store: Store) -> list[str]:
    """Claim until there is nothing left; return the ids in their order."""
    ids = []
    while (lease := await claim(store)) is not None:
        ids.append(lease.run_id)
    return ids


class RunQueueContract(StoreContract):
    async def test_a_queued_run_is_claimed(self, store: Store) -> None:
        await store.runs.create(make_run())

        lease = await claim(store)

        assert lease == Lease(run_id="run-1", epoch=1, worker=WORKER)
        run, _ = await store.runs.get("run-1")
        assert (run.status, run.epoch) == (RunStatus.RUNNING, 1)

    async def test_an_empty_queue_has_nothing_to_claim(self, store: Store) -> None:
        assert await claim(store) is None

    async def test_running_and_ended_runs_are_not_claimed(self, store: Store) -> None:
        await finish_run(store, "run-1")
        await start_run(store, "run-2")

        assert await claim(store, OTHER_WORKER) is None

    async def test_a_claim_waits_as_long_as_asked(self, store: Store, clock: ManualClock) -> None:
        claiming = asyncio.ensure_future(store.queue.claim(WORKER, wait_seconds=5))

        await clock.advance(4.9)
        assert not claiming.done()
        await clock.advance(0.1)

        assert await soon(claiming) is None

    async def test_a_new_run_wakes_a_waiting_claim(self, store: Store) -> None:
        claiming = asyncio.ensure_future(store.queue.claim(WORKER, wait_seconds=60))
        await settle()

        await store.runs.create(make_run())

        assert await soon(claiming) == Lease(run_id="run-1", epoch=1, worker=WORKER)

    async def test_a_released_run_wakes_a_waiting_claim(self, store: Store) -> None:
        lease = await start_run(store)
        claiming = asyncio.ensure_future(store.queue.claim(OTHER_WORKER, wait_seconds=60))
        await settle()

        await store.queue.release(lease)

        assert await soon(claiming) == Lease(run_id="run-1", epoch=2, worker=OTHER_WORKER)

    async def test_a_claim_that_is_given_up_takes_nothing_with_it(self, store: Store) -> None:
        claiming = asyncio.ensure_future(store.queue.claim(WORKER, wait_seconds=60))
        await settle()
        claiming.cancel()
        await asyncio.wait([claiming])

        await store.runs.create(make_run())

        assert await claim(store, OTHER_WORKER) is not None

    async def test_a_claim_that_is_given_up_midway_leaves_the_run_to_the_next(self, store: Store) -> None:
        await store.runs.create(make_run())
        claiming = asyncio.ensure_future(claim(store))
        await asyncio.sleep(0)
        given_up = claiming.cancel()
        await asyncio.wait([claiming])

        lease = await claim(store, OTHER_WORKER)

        assert (lease is not None) == given_up
        assert lease is None or not lease.is_takeover

    async def test_many_claims_at_once_take_each_run_once(self, store: Store) -> None:
        for n in range(20):
            await store.runs.create(make_run(f"run-{n}"))

        leases = await asyncio.gather(*(claim(store, f"worker-{n % 3}") for n in range(30)))

        taken = Counter(lease.run_id for lease in leases if lease is not None)
        assert taken == Counter({f"run-{n}": 1 for n in range(20)})

    async def test_the_oldest_run_comes_first(self, store: Store) -> None:
        for n in range(4):
            await store.runs.create(make_run(f"run-{n}"))

        assert await claim_all(store) == ["run-0", "run-1", "run-2", "run-3"]

    async def test_the_owner_with_the_fewest_running_runs_comes_first(self, store: Store) -> None:
        for n in range(4):
            await store.runs.create(make_run(f"ann-{n}", owner="ann"))
        for n in range(2):
            await store.runs.create(make_run(f"bob-{n}", owner="bob"))

        assert await claim_all(store) == ["ann-0", "bob-0", "ann-1", "bob-1", "ann-2", "ann-3"]

    async def test_a_run_that_ends_makes_its_owner_come_sooner(self, store: Store) -> None:
        ann = await start_run(store, "ann-0", owner="ann")
        await start_run(store, "bob-0", owner="bob")
        await store.runs.create(make_run("bob-1", owner="bob"))
        await store.runs.create(make_run("ann-1", owner="ann"))

        await store.log.append(ann, [make_record("ann-0", 2, kind="complete")], finish=COMPLETE)

        assert await claim_all(store) == ["ann-1", "bob-1"]

    async def test_one_run_can_be_claimed_out_of_turn(self, store: Store) -> None:
        await store.runs.create(make_run("run-1"))
        await store.runs.create(make_run("run-2"))

        assert await claim(store, run_id="run-2") == Lease(run_id="run-2", epoch=1, worker=WORKER)
        assert await claim_all(store) == ["run-1"]

    async def test_one_run_that_cannot_be_claimed_now_is_not(self, store: Store) -> None:
        await start_run(store, "run-1")
        await finish_run(store, "run-2")
        await store.runs.create(make_run("run-3"))

        assert [await claim(store, OTHER_WORKER, run_id) for run_id in ("run-1", "run-2", "none")] == [None] * 3

    async def test_live_runs_are_counted_by_whether_a_worker_has_them(self, store: Store) -> None:
        assert await store.depth.count() == LiveRuns(queued=0, running=0)
        for n in range(3):
            await store.runs.create(make_run(f"run-{n}"))
        await finish_run(store, "run-3")
        lease = await claim(store)
        assert lease is not None

        assert await store.depth.count() == LiveRuns(queued=2, running=1)

        await store.queue.release(lease)
        assert await store.depth.count() == LiveRuns(queued=3, running=0)
