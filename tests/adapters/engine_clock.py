"""A clock by which an engine beyond this process goes as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from adapters.clock import ManualClock, settle

SetTime = Callable[[int], Awaitable[object]]
"""Lets an engine's clock show so many microseconds."""
IsIdle = Callable[[], bool]
"""Whether nothing is being asked of an engine."""


class EngineClock(ManualClock):
    """Time passes in the engine too, and only while nothing is being asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self._engines: list[tuple[SetTime, IsIdle]] = []

    @asynccontextmanager
    async def held_by(self, set_time: SetTime, is_idle: IsIdle) -> AsyncIterator[None]:
        """Let an engine go by this clock."""
        engine = (set_time, is_idle)
        self._engines.append(engine)
        try:
            await self._set(self.monotonic())
            yield
        finally:
            self._engines.remove(engine)

    async def advance(self, seconds: float) -> None:
        await self.rest()
        await self._set(self.monotonic() + seconds)
        await super().advance(seconds)
        await self.rest()

    async def rest(self) -> None:
        """Return when all that was asked is answered, and all that followed from the answers."""
        await settle()
        while not all(is_idle() for _, is_idle in self._engines):
            await asyncio.sleep(0)
            await settle()

    async def _set(self, elapsed: float) -> None:
        for set_time, _ in self._engines[:1]:
            await set_time(round(elapsed * 1e6))
