"""The laws of `Clock`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

from domain.ports import Clock

Elapse = Callable[[float], Awaitable[None]]


class ClockContract:
    """A clock's tests supply `clock`, and `elapse` to let a few milliseconds pass."""

    async def test_the_wall_clock_is_aware_and_in_utc(self, clock: Clock) -> None:
        assert clock.now().tzinfo is UTC

    async def test_monotonic_time_never_goes_back(self, clock: Clock) -> None:
        moments = [clock.monotonic() for _ in range(100)]

        assert moments == sorted(moments)

    async def test_both_go_on_by_what_was_slept(self, clock: Clock, elapse: Elapse) -> None:
        wall, monotonic = clock.now(), clock.monotonic()

        await elapse(0.02)

        assert clock.now() - wall >= timedelta(seconds=0.0199)
        assert clock.monotonic() - monotonic >= 0.0199

    async def test_sleeping_for_nothing_returns_at_once(self, clock: Clock) -> None:
        before = clock.monotonic()

        async with asyncio.timeout(5):
            for seconds in (0, -1):
                await clock.sleep(seconds)

        assert clock.monotonic() - before < 1

    async def test_sleepers_wake_in_the_order_of_their_moments(self, clock: Clock, elapse: Elapse) -> None:
        woken: list[float] = []

        async def sleep(seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append(seconds)

        sleepers = asyncio.gather(*(sleep(seconds) for seconds in (0.03, 0.01, 0.02)))
        await elapse(0.03)
        await sleepers

        assert woken == [0.01, 0.02, 0.03]

    async def test_a_sleeper_can_be_cancelled(self, clock: Clock, elapse: Elapse) -> None:
        sleeper = asyncio.ensure_future(clock.sleep(0.01))
        await asyncio.sleep(0)
        sleeper.cancel()

        await elapse(0.02)

        assert sleeper.cancelled()
