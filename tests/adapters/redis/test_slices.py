"""What a script goes through in slices, it goes through to the end."""

from __future__ import annotations

import asyncio

from adapters.clock import ManualClock
from domain.run.model import Lease, RunQuery
from tests.adapters.redis.engine import RedisEngine
from tests.contract.store import (
    LEASE_SECONDS,
    OTHER_WORKER,
    WORKER,
    Store,
    StoreContract,
    make_run,
    pass_time,
    start_run,
)


class TestRedisSlices(RedisEngine, StoreContract):
    async def test_a_lost_run_is_found_behind_all_that_the_worker_holds_itself(
        self, store: Store, clock: ManualClock
    ) -> None:
        await asyncio.gather(*(start_run(store, f"run-{n}") for n in range(300)))
        await start_run(store, "lost", worker=OTHER_WORKER)

        lease = await pass_time(clock, store.queue.claim(WORKER, wait_seconds=60), seconds=LEASE_SECONDS)

        assert lease == Lease(run_id="lost", epoch=2, worker=WORKER, is_takeover=True)

    async def test_a_search_goes_through_all_of_a_long_history(self, store: Store) -> None:
        for n in range(3):
            await store.runs.create(make_run(f"old-{n}", search="an oak lamp"))
        await asyncio.gather(*(store.runs.create(make_run(f"run-{n}", search="a desk")) for n in range(1200)))

        first = await store.runs.list(RunQuery(text="lamp", limit=2))
        second = await store.runs.list(RunQuery(text="lamp", limit=2, after=first.next))
        nothing = await store.runs.list(RunQuery(text="chair"))

        assert [[run.id for run in page.runs] for page in (first, second)] == [["old-2", "old-1"], ["old-0"]]
        assert (second.next, nothing.runs, nothing.next) == (None, (), None)
