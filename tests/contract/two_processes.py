"""The laws of engines that many processes share: what one does the other learns at once, and can't undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta

import pytest

from adapters.clock import START, ManualClock, SystemClock, settle
from domain.errors import DailyLimitError, FencedError, LiveRunsExceededError, QueueFullError
from domain.run.model import Lease, Record, RunStatus
from domain.run.spending import DailyLimits
from domain.user import Session
from tests.adapters.patience import until
from tests.contract.ledger import DAY, reservation, spend
from tests.contract.store import (
    COMPLETE,
    OTHER_WORKER,
    WORKER,
    OpenStore,
    Store,
    make_record,
    make_records,
    make_run,
    soon,
    start_run,
)

Stores = tuple[Store, Store]
IsIdle = Callable[[Store], bool]
"""Whether an engine is being asked nothing by a store."""
SHORT_LEASE_SECONDS = 0.3


async def follow(store: Store, run_id: str = "run-1") -> list[Record]:
    async with aclosing(store.log.follow(run_id)) as pages:
        return [record async for page in pages for record in page]


async def rest(is_idle: IsIdle, *stores: Store) -> None:
    """Wait until what was begun has been asked and answered."""
    await settle()

    async def is_so() -> bool:
        return all(is_idle(store) for store in stores)

    await until(is_so)


class TwoProcessesContract:
    """An engine's tests supply `stores`, `open_shared` and `is_idle`.

    `stores` are two that are open on the same data and in which time stands still; `open_shared` opens more of them.
    """

    async def test_a_follower_of_another_process_gets_what_is_appended_at_once(
        self, stores: Stores, is_idle: IsIdle
    ) -> None:
        one, other = stores
        lease = await start_run(one)
        following = asyncio.ensure_future(follow(other))
        await rest(is_idle, other)

        for seq in (2, 3):
            await one.log.append(lease, [make_record("run-1", seq)])
            await rest(is_idle, one, other)
        await one.log.append(lease, [make_record("run-1", 4, kind="complete")], finish=COMPLETE)

        assert [record.seq for record in await soon(following)] == [1, 2, 3, 4]

    async def test_more_runs_than_one_notification_holds_are_told_of_in_one_flush(
        self, stores: Stores, is_idle: IsIdle
    ) -> None:
        one, other = stores
        ids = [f"run-{n:036}" for n in range(450)]
        leases = [await start_run(one, run_id) for run_id in ids]
        followings = [asyncio.ensure_future(follow(other, run_id)) for run_id in ids]
        await rest(is_idle, other)

        lasts = [make_record(run_id, 2, kind="complete") for run_id in ids]
        appends = (one.log.append(lease, [last], finish=COMPLETE) for lease, last in zip(leases, lasts, strict=True))
        await asyncio.gather(*appends)

        followed = await soon(asyncio.gather(*followings))
        assert [records[1:] for records in followed] == [[last] for last in lasts]

    async def test_a_run_created_in_one_process_wakes_a_claim_in_the_other(
        self, stores: Stores, is_idle: IsIdle
    ) -> None:
        one, other = stores
        claiming = asyncio.ensure_future(other.queue.claim(WORKER, wait_seconds=60))
        await rest(is_idle, other)

        await one.runs.create(make_run())

        assert await soon(claiming) == Lease(run_id="run-1", epoch=1, worker=WORKER)

    async def test_a_cancel_asked_for_in_one_process_wakes_the_worker_in_the_other(
        self, stores: Stores, is_idle: IsIdle
    ) -> None:
        one, other = stores
        lease = await start_run(one)
        renewing = asyncio.ensure_future(one.queue.renew(lease, wait_seconds=60))
        await rest(is_idle, one)

        assert await other.queue.request_cancel("run-1") is RunStatus.RUNNING

        assert (await soon(renewing)).cancel_requested

    async def test_a_run_released_in_one_process_wakes_a_claim_in_the_other(
        self, stores: Stores, is_idle: IsIdle
    ) -> None:
        one, other = stores
        lease = await start_run(one)
        claiming = asyncio.ensure_future(other.queue.claim(OTHER_WORKER, wait_seconds=60))
        await rest(is_idle, other)

        await one.queue.release(lease)

        assert await soon(claiming) == Lease(run_id="run-1", epoch=2, worker=OTHER_WORKER)

    async def test_who_lost_the_lease_to_another_process_writes_nothing_more(self, open_shared: OpenStore) -> None:
        first = open_shared(clock=SystemClock(), lease_seconds=SHORT_LEASE_SECONDS)
        second = open_shared(clock=SystemClock(), lease_seconds=60)
        async with first as one, second as other:
            old = await start_run(one)
            await one.log.append(old, make_records("run-1", 2, 3))
            new = await other.queue.claim(OTHER_WORKER, wait_seconds=10)
            assert new == Lease(run_id="run-1", epoch=2, worker=OTHER_WORKER, is_takeover=True)
            await other.log.append(new, make_records("run-1", 4, 5, epoch=2))

            for seq in (4, 6):
                with pytest.raises(FencedError):
                    await one.log.append(old, [make_record("run-1", seq)])
                with pytest.raises(FencedError):
                    await one.log.append(old, [make_record("run-1", seq, kind="complete")], finish=COMPLETE)
            with pytest.raises(FencedError):
                await one.queue.renew(old, wait_seconds=0)
            with pytest.raises(FencedError):
                await one.ledger.reserve(reservation(), DailyLimits())
            await one.queue.release(old)

            await other.log.append(new, make_records("run-1", 6, 6, epoch=2))
            assert [record.epoch for record in await one.log.read("run-1")] == [0, 1, 1, 2, 2, 2]

    async def test_a_lease_that_is_renewed_outlasts_itself_many_times(self, open_shared: OpenStore) -> None:
        first = open_shared(clock=SystemClock(), lease_seconds=SHORT_LEASE_SECONDS)
        second = open_shared(clock=SystemClock(), lease_seconds=SHORT_LEASE_SECONDS)
        async with first as one, second as other:
            lease = await start_run(one)
            claiming = asyncio.ensure_future(other.queue.claim(OTHER_WORKER, wait_seconds=1.5))

            while not claiming.done():
                await one.queue.renew(lease, wait_seconds=SHORT_LEASE_SECONDS / 3)

            assert await claiming is None

    @pytest.mark.parametrize("days", [-1, 1])
    async def test_no_process_takes_over_because_of_its_own_clock(self, open_shared: OpenStore, days: int) -> None:
        wrong = ManualClock(START + timedelta(days=days))
        async with open_shared(clock=SystemClock()) as one, open_shared(clock=wrong) as other:
            lease = await start_run(one)
            await wrong.advance(3600)

            assert await other.queue.claim(OTHER_WORKER, wait_seconds=0) is None

            await one.log.append(lease, [make_record("run-1", 2)])

    async def test_claims_in_both_processes_take_each_run_once(self, stores: Stores) -> None:
        one, other = stores
        for n in range(60):
            await one.runs.create(make_run(f"run-{n}"))

        async def claim_all(store: Store, worker: str) -> list[str]:
            ids = []
            while (lease := await store.queue.claim(worker, wait_seconds=0)) is not None:
                ids.append(lease.run_id)
            return ids

        taken = await asyncio.gather(claim_all(one, WORKER), claim_all(other, OTHER_WORKER))

        assert sorted(taken[0] + taken[1]) == sorted(f"run-{n}" for n in range(60))
        assert all(taken)

    async def test_a_claim_tells_a_runs_age_by_the_stores_clock(self, stores: Stores) -> None:
        one, other = stores
        # Its creator's clock says that it is the first of January.
        await one.runs.create(make_run("run-1"))

        lease = await other.queue.claim(WORKER, wait_seconds=0)
        await other.queue.release(lease)
        again = await one.queue.claim(WORKER, wait_seconds=0)

        assert 0 <= lease.age_seconds < again.age_seconds < 60

    async def test_who_has_a_thousand_runs_queued_does_not_keep_another_waiting(self, stores: Stores) -> None:
        one, other = stores
        await asyncio.gather(*(one.runs.create(make_run(f"ann-{n}", owner="ann")) for n in range(1000)))
        for n in range(3):
            await other.runs.create(make_run(f"bob-{n}", owner="bob"))

        owners = []
        for _ in range(4):
            for store, worker in ((one, WORKER), (other, OTHER_WORKER)):
                lease = await store.queue.claim(worker, wait_seconds=0)
                assert lease is not None
                owners.append(lease.run_id.partition("-")[0])

        assert owners == ["ann", "bob"] * 3 + ["ann", "ann"]

    async def test_one_key_in_both_processes_makes_one_run(self, stores: Stores) -> None:
        runs = [make_run(f"run-{n}", key="key-1") for n in range(20)]

        answers = await asyncio.gather(*(stores[n % 2].runs.create(run) for n, run in enumerate(runs)))

        assert len({run.id for run, _ in answers}) == 1
        assert sum(is_new for _, is_new in answers) == 1

    async def test_one_id_that_two_owners_want_at_once_belongs_to_one(self, stores: Stores) -> None:
        runs = [make_run("run-1", owner=f"owner-{n}") for n in range(10)]

        answers = await asyncio.gather(
            *(stores[n % 2].runs.create(run) for n, run in enumerate(runs)), return_exceptions=True
        )

        assert sum(isinstance(answer, tuple) and answer[1] for answer in answers) == 1
        assert sum(isinstance(answer, Exception) for answer in answers) == 9

    async def test_both_processes_together_queue_no_more_than_the_limit(self, open_shared: OpenStore) -> None:
        first = open_shared(clock=ManualClock(), queue_limit=5)
        second = open_shared(clock=ManualClock(), queue_limit=5)
        async with first as one, second as other:
            runs = [make_run(f"run-{n}", owner=f"owner-{n}") for n in range(20)]

            answers = await asyncio.gather(
                *((one, other)[n % 2].runs.create(run) for n, run in enumerate(runs)), return_exceptions=True
            )

        assert sum(isinstance(answer, QueueFullError) for answer in answers) == 15

    async def test_an_owner_has_no_more_live_runs_in_both_processes_together(self, open_shared: OpenStore) -> None:
        first = open_shared(clock=ManualClock(), user_live_runs=5)
        second = open_shared(clock=ManualClock(), user_live_runs=5)
        async with first as one, second as other:
            answers = await asyncio.gather(
                *((one, other)[n % 2].runs.create(make_run(f"run-{n}")) for n in range(20)), return_exceptions=True
            )

        assert sum(isinstance(answer, LiveRunsExceededError) for answer in answers) == 15

    async def test_both_processes_together_stay_within_a_day_s_limit(self, stores: Stores) -> None:
        ids = [f"run-{n}" for n in range(20)]
        for run_id in ids:
            await start_run(stores[0], run_id)

        answers = await asyncio.gather(
            *(
                stores[n % 2].ledger.reserve(reservation(run_id, most=spend(100)), DailyLimits(tokens=550))
                for n, run_id in enumerate(ids)
            ),
            return_exceptions=True,
        )

        assert sum(isinstance(answer, DailyLimitError) for answer in answers) == 15
        assert (await stores[1].ledger.usage("ann", DAY)).reserved == spend(500)

    async def test_a_session_ended_in_one_process_has_ended_in_the_other(self, stores: Stores) -> None:
        one, other = stores
        await one.sessions.start(
            Session(id="session-1", user_id="user-1", token_id="token-1", expires_at=START + timedelta(days=1))
        )
        assert not await other.sessions.is_revoked("session-1")

        await one.sessions.revoke(user_id="user-1")

        assert await other.sessions.is_revoked("session-1")
