"""Following: no order of replay, live records and lost ones makes a hole or a double."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock import ManualClock, settle
from adapters.stores.follow import SILENCE_SECONDS, Followers
from tests.adapters.pausing_log import PausingLog, collect
from tests.effort import effort


@settings(max_examples=effort(80, 300), deadline=None)
@given(
    pauses=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    appends=st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.integers(0, 6)), max_size=10),
    starts=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4)), min_size=1, max_size=4),
)
def test_no_interleaving_of_replay_and_live_makes_a_hole(
    pauses: tuple[int, int], appends: list[tuple[int, bool, int]], starts: list[tuple[int, int]]
) -> None:
    """`appends`: how many records, whether they are published, turns after; `starts`: turns before, after which seq."""

    async def walk() -> None:
        clock, log = ManualClock(), PausingLog(pauses)
        followers = Followers(log, clock)

        async def follow(turns: int, after: int) -> list[int]:
            await settle(turns)
            return await collect(followers, after)

        following = [asyncio.ensure_future(follow(turns, after)) for turns, after in starts]
        for count, is_published, turns in appends:
            added = log.add(count)
            if is_published:
                followers.publish(added)
            await settle(turns)
        log.add(4)
        log.add(1, kind="complete")
        await settle()
        await clock.advance(3 * SILENCE_SECONDS)

        whole = [record.seq for record in log.records]
        assert await asyncio.gather(*following) == [whole[after:] for _, after in starts]

    asyncio.run(walk())
