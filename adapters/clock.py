"""The system's clock, and one that is moved by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the wall-clock time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that long."""
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """Time that stands still until somebody advances it; every sleeper wakes in order, at its own moment."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """Return the start plus what was advanced."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return what was advanced, in seconds."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when the clock was advanced by that much."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        await woken

    @property
    def sleepers(self) -> int:
        """How many wait for time to pass."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let that much time pass, letting everything that it wakes run at its own moment."""
        until = self._elapsed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            moment, _, woken = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, moment)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._elapsed = until
        await settle()


async def settle(turns: int = 50) -> None:
    """Let everything that can run without time passing do so, for a bounded number of turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
