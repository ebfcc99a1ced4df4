"""The laws of `RunLog.follow`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.clock import settle
from domain.run.events import TERMINAL_TYPES
from domain.run.model import Record
from tests.adapters.patience import until
from tests.contract.store import (
    COMPLETE,
    OTHER_WORKER,
    WORKER,
    OpenStore,
    Rest,
    Store,
    StoreContract,
    make_record,
    make_records,
    make_run,
    soon,
    start_run,
)

FOLLOW_SECONDS = 20.0


async def follow_to_end(store: Store, run_id: str = "run-1", *, after: int = 0) -> list[Record]:
    """Collect what a follower gets."""
    async with asyncio.timeout(FOLLOW_SECONDS), aclosing(store.log.follow(run_id, after=after)) as pages:
        return [record async for page in pages for record in page]


async def follow_in_pieces(store: Store, pieces: list[int]) -> list[Record]:
    """Collect what a follower gets that leaves after so many pages and comes back, again and again."""
    got: list[Record] = []
    for pages_wanted in pieces:
        async with aclosing(store.log.follow("run-1", after=len(got))) as pages:
            async for page in pages:
                got.extend(page)
                pages_wanted -= 1
                if pages_wanted <= 0:
                    break
        if got and got[-1].type in TERMINAL_TYPES:
            return got
    return got + await follow_to_end(store, after=len(got))


class RunFollowContract(StoreContract):
    async def test_a_follower_gets_the_past_and_then_what_comes(self, store: Store) -> None:
        lease = await start_run(store)
        records = (make_run().record, *make_records("run-1", 2, 9), make_record("run-1", 10, kind="complete"))
        await store.log.append(lease, records[1:5])

        following = asyncio.ensure_future(follow_to_end(store))
        await settle()
        await store.log.append(lease, records[5:7])
        await store.log.append(lease, records[7:9])
        await store.log.append(lease, records[9:], finish=COMPLETE)

        assert await soon(following) == list(records)

    @pytest.mark.parametrize("after", [0, 1, 2, 3])
    async def test_a_follower_of_an_ended_run_gets_the_rest_and_its_end(self, store: Store, after: int) -> None:
        lease = await start_run(store)
        last = make_record("run-1", 3, kind="complete")
        await store.log.append(lease, [make_record("run-1", 2), last], finish=COMPLETE)

        assert await follow_to_end(store, after=after) == [make_run().record, make_record("run-1", 2), last][after:]

    async def test_a_follower_that_is_ahead_of_the_log_waits_for_it(self, store: Store) -> None:
        lease = await start_run(store)
        following = asyncio.ensure_future(follow_to_end(store, after=3))
        await settle()

        await store.log.append(lease, make_records("run-1", 2, 4))
        await store.log.append(lease, [make_record("run-1", 5, kind="complete")], finish=COMPLETE)

        assert [record.seq for record in await soon(following)] == [4, 5]

    async def test_a_follower_of_a_queued_run_waits_for_its_worker(self, store: Store) -> None:
        await store.runs.create(make_run())
        following = asyncio.ensure_future(follow_to_end(store, after=1))
        await settle()

        lease = await store.queue.claim(WORKER, wait_seconds=0)
        assert lease is not None
        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)

        assert [record.seq for record in await soon(following)] == [2]

    async def test_followers_go_on_over_a_takeover(self, store: Store) -> None:
        old = await start_run(store)
        following = asyncio.ensure_future(follow_to_end(store))
        await store.log.append(old, make_records("run-1", 2, 3))
        await store.queue.release(old)
        new = await store.queue.claim(OTHER_WORKER, wait_seconds=0)
        assert new is not None

        await store.log.append(new, make_records("run-1", 4, 5, epoch=new.epoch))
        await store.log.append(new, [make_record("run-1", 6, epoch=2, kind="complete")], finish=COMPLETE)

        assert [(record.epoch, record.seq) for record in await soon(following)] == [
            (0, 1),
            (1, 2),
            (1, 3),
            (2, 4),
            (2, 5),
            (2, 6),
        ]

    async def test_what_is_ready_comes_at_once(self, store: Store) -> None:
        lease = await start_run(store)
        async with aclosing(store.log.follow("run-1", after=1)) as pages:
            first = asyncio.ensure_future(anext(pages))
            await settle()
            await store.log.append(lease, [make_record("run-1", 2)])
            assert [record.seq for record in await first] == [2]

            for seq in (3, 4, 5):
                await store.log.append(lease, [make_record("run-1", seq)])

            assert [record.seq for record in await anext(pages)] == [3, 4, 5]

    async def test_many_followers_get_the_same(self, store: Store) -> None:
        lease = await start_run(store)
        records = (*make_records("run-1", 2, 40), make_record("run-1", 41, kind="complete"))
        followings = [asyncio.ensure_future(follow_to_end(store, after=n % 7 + 1)) for n in range(50)]

        for start in range(0, 39, 3):
            await store.log.append(lease, records[start : start + 3])
        await store.log.append(lease, records[39:], finish=COMPLETE)

        assert await soon(asyncio.gather(*followings)) == [list(records[n % 7 :]) for n in range(50)]

    async def test_followers_get_the_records_of_their_own_run(self, store: Store) -> None:
        leases = [await start_run(store, f"run-{n}") for n in range(5)]
        followings = [asyncio.ensure_future(follow_to_end(store, f"run-{n}", after=1)) for n in range(5)]
        await settle()

        lasts = [make_record(lease.run_id, 2, kind="complete") for lease in leases]
        await asyncio.gather(
            *(store.log.append(lease, [last], finish=COMPLETE) for lease, last in zip(leases, lasts, strict=True))
        )

        assert await soon(asyncio.gather(*followings)) == [[last] for last in lasts]

    async def test_a_slow_follower_holds_nobody_up_and_misses_nothing(self, store: Store) -> None:
        lease = await start_run(store)
        records = [make_record("run-1", seq, data=b"%4d" % seq * 256) for seq in range(2, 1502)]
        async with aclosing(store.log.follow("run-1", after=1)) as slow:
            waiting = asyncio.ensure_future(anext(slow))
            quick = asyncio.ensure_future(follow_to_end(store, after=1))
            await settle()
            for start in range(0, len(records), 10):
                await store.log.append(lease, records[start : start + 10])
            last = make_record("run-1", 1502, kind="complete")
            await store.log.append(lease, [last], finish=COMPLETE)

            assert await quick == [*records, last]
            got = [*await waiting]
            async for page in slow:
                got.extend(page)

        assert got == [*records, last]

    async def test_a_long_replay_comes_in_pages_and_lets_others_work(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, make_records("run-1", 2, 3000))
        await store.log.append(lease, [make_record("run-1", 3001, kind="complete")], finish=COMPLETE)
        sizes: list[int] = []
        turns = 0

        async def take_turns() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        other = asyncio.ensure_future(take_turns())
        turns_by_page = []
        async with aclosing(store.log.follow("run-1")) as pages:
            async for page in pages:
                sizes.append(len(page))
                turns_by_page.append(turns)
        other.cancel()

        assert sum(sizes) == 3001
        assert max(sizes) <= 1000
        assert turns_by_page == sorted(set(turns_by_page))

    async def test_a_replay_of_long_records_comes_in_pages_that_fit(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", seq, data=b"x" * 50_000) for seq in range(2, 40)])
        last = make_record("run-1", 40, kind="complete", data=b"x" * 600_000)
        await store.log.append(lease, [last], finish=COMPLETE)

        async with aclosing(store.log.follow("run-1")) as following:
            pages = [page async for page in following]

        assert [record.seq for page in pages for record in page] == list(range(1, 41))
        assert all(len(page) == 1 or sum(len(r.data) for r in page) <= 600_000 for page in pages)

    async def test_a_follower_that_leaves_while_it_waits_leaves_nothing_behind(self, store: Store, rest: Rest) -> None:
        lease = await start_run(store)
        await rest()
        before = asyncio.all_tasks()
        following = store.log.follow("run-1", after=1)
        waiting = asyncio.ensure_future(anext(following))
        await rest()

        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await following.aclose()

        async def has_left() -> bool:
            return len(asyncio.all_tasks()) <= len(before)

        # A store's own tasks come and go beside it.
        await until(has_left)
        await store.log.append(lease, [make_record("run-1", 2)])

    async def test_followers_end_when_the_store_is_closed(self, open_store: OpenStore) -> None:
        async with open_store() as store:
            await start_run(store)
            following = store.log.follow("run-1")
            first = await anext(following)
            waiting = asyncio.ensure_future(anext(following))
            await settle()

        assert first == (make_run().record,)
        with pytest.raises(StopAsyncIteration):
            await soon(waiting)

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(data=st.data())
    def test_no_interleaving_of_writer_and_followers_makes_a_hole(
        self, open_store: OpenStore, data: st.DataObject
    ) -> None:
        turns = st.integers(0, 6)
        appends = data.draw(st.lists(st.tuples(st.integers(1, 4), turns), min_size=1, max_size=12), "appends, turns")
        followers = data.draw(
            st.lists(st.tuples(turns, st.lists(st.integers(0, 3), max_size=6)), min_size=1, max_size=4),
            "turns before, pages until it leaves",
        )
        asyncio.run(check_interleaving(open_store, appends, followers))


async def check_interleaving(
    open_store: OpenStore, appends: list[tuple[int, int]], followers: list[tuple[int, list[int]]]
) -> None:
    async with open_store() as store, asyncio.timeout(FOLLOW_SECONDS):
        lease = await start_run(store)

        async def follow_late(turns: int, pieces: list[int]) -> list[Record]:
            await settle(turns)
            return await follow_in_pieces(store, pieces)

        followings = [asyncio.ensure_future(follow_late(*follower)) for follower in followers]
        tail = 1
        for count, turns in appends:
            await store.log.append(lease, make_records("run-1", tail + 1, tail + count))
            tail += count
            await settle(turns)
        await store.log.append(lease, [make_record("run-1", tail + 1, kind="complete")], finish=COMPLETE)
        whole = list(await store.log.read("run-1"))

        assert [record.seq for record in whole] == list(range(1, tail + 2))
        assert await soon(asyncio.gather(*followings)) == [whole] * len(followers)
