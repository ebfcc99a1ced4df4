"""Following: what happens where live records are late, lost, too many or there already."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from adapters.clock import ManualClock, settle
from adapters.stores.follow import PAGE_RECORDS, SILENCE_SECONDS, Followers
from adapters.stores.follower import BUFFER_RECORDS
from domain.errors import RunNotFoundError
from tests.adapters.pausing_log import PausingLog, collect


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def log() -> PausingLog:
    return PausingLog()


@pytest.fixture
def followers(log: PausingLog, clock: ManualClock) -> Followers:
    return Followers(log, clock)


async def test_a_follower_reads_a_short_log_once_and_lives_on_what_is_published(
    followers: Followers, log: PausingLog
) -> None:
    log.add(5)
    following = asyncio.ensure_future(collect(followers))
    await settle()

    for _ in range(10):
        followers.publish(log.add(3))
        await settle()
    followers.publish(log.add(1, kind="complete"))

    assert await following == list(range(1, 37))
    assert log.pages_read == 1


async def test_what_was_seen_already_is_dropped(followers: Followers, log: PausingLog) -> None:
    added = log.add(4)
    following = asyncio.ensure_future(collect(followers))
    await settle()

    followers.publish(added[2:])
    followers.publish([*added[3:], *log.add(1, kind="complete")])

    assert await following == [1, 2, 3, 4, 5]
    assert log.pages_read == 1


async def test_a_hole_makes_a_follower_read_the_log(followers: Followers, log: PausingLog) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()

    log.add(2)
    followers.publish(log.add(1))
    await settle()
    followers.publish(log.add(1, kind="complete"))

    assert await following == [1, 2, 3, 4, 5]
    assert log.pages_read == 2


async def test_a_hole_between_live_records_makes_a_follower_read_the_log(followers: Followers, log: PausingLog) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()

    followers.publish(log.add(1))
    log.add(1)
    followers.publish(log.add(1, kind="complete"))

    assert await following == [1, 2, 3, 4]


async def test_a_second_of_silence_finds_what_was_never_published(
    followers: Followers, log: PausingLog, clock: ManualClock
) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()
    log.add(1)
    log.add(1, kind="complete")

    await clock.advance(2 * SILENCE_SECONDS)

    assert await following == [1, 2, 3]


async def test_silence_is_looked_into_once_for_all_followers(
    followers: Followers, log: PausingLog, clock: ManualClock
) -> None:
    log.add(1)
    following = [asyncio.ensure_future(collect(followers)) for _ in range(20)]
    await settle()

    await clock.advance(5 * SILENCE_SECONDS)

    assert (log.pages_read, log.tails_read) == (20, 4)
    followers.publish(log.add(1, kind="complete"))
    assert await asyncio.gather(*following) == [[1, 2]] * 20


async def test_a_store_that_is_away_for_a_while_is_asked_again(
    followers: Followers, log: PausingLog, clock: ManualClock
) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()
    log.add(1, kind="complete")
    log.is_broken = True
    await clock.advance(5 * SILENCE_SECONDS)

    log.is_broken = False
    await clock.advance(SILENCE_SECONDS)

    assert await following == [1, 2]


async def test_a_run_that_is_removed_under_a_follower_is_not_found(
    followers: Followers, log: PausingLog, clock: ManualClock
) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()
    log.is_gone = True

    await clock.advance(2 * SILENCE_SECONDS)

    with pytest.raises(RunNotFoundError):
        await following


async def test_a_bell_without_records_makes_followers_read_the_log(followers: Followers, log: PausingLog) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()

    log.add(1, kind="complete")
    followers.ring(["run-1", "run-2"])

    assert await following == [1, 2]


@pytest.mark.parametrize(
    ("batches", "data", "pages_read"),
    [(BUFFER_RECORDS, b"", 1), (BUFFER_RECORDS + 1, b"", 2), (10, b"x" * 6_000, 1), (11, b"x" * 6_000, 2)],
    ids=["as many as fit", "one more", "as long as fit", "longer"],
)
async def test_a_follower_that_is_too_slow_reads_the_log_instead(
    followers: Followers, log: PausingLog, batches: int, data: bytes, pages_read: int
) -> None:
    log.add(1)
    async with aclosing(followers.follow("run-1")) as pages:
        await anext(pages)
        waiting = asyncio.ensure_future(anext(pages))
        await settle()
        followers.publish(log.add(1))
        await waiting

        for _ in range(batches):
            followers.publish(log.add(1, data=data))
        got = [record.seq for record in await anext(pages)]

        assert got == list(range(3, 3 + (batches if pages_read == 1 else min(batches, PAGE_RECORDS))))
        assert log.pages_read == pages_read


async def test_a_record_that_is_longer_than_the_buffer_is_handed_over_all_the_same(
    followers: Followers, log: PausingLog
) -> None:
    log.add(1)
    following = asyncio.ensure_future(collect(followers))
    await settle()

    followers.publish(log.add(1, kind="complete", data=b"x" * 1_000_000))

    assert await following == [1, 2]
    assert log.pages_read == 1


async def test_a_long_replay_gives_the_loop_away_between_its_pages(followers: Followers, log: PausingLog) -> None:
    log.add(PAGE_RECORDS * 3)
    loop = asyncio.get_running_loop()
    async with aclosing(followers.follow("run-1")) as pages:
        await anext(pages)
        rung: list[float] = []
        loop.call_later(0.0005, rung.append, loop.time())

        await anext(pages)

        assert rung != []


async def test_nothing_is_left_of_followers_that_went(
    followers: Followers, log: PausingLog, clock: ManualClock
) -> None:
    log.add(1)
    before = asyncio.all_tasks()
    pages = [followers.follow("run-1", after=after) for after in (0, 1, 2)]
    waiting = [asyncio.ensure_future(anext(page)) for page in pages]
    await settle()
    assert (followers.count, clock.sleepers) == (3, 1)

    for waiter in waiting:
        waiter.cancel()
    await asyncio.wait(waiting)
    for page in pages:
        await page.aclose()
    await settle()

    assert (followers.count, clock.sleepers, asyncio.all_tasks()) == (0, 0, before)


async def test_who_comes_after_the_end_gets_nothing(followers: Followers, log: PausingLog) -> None:
    log.add(1)
    await followers.close()

    assert await collect(followers) == []
    assert log.pages_read == 0
