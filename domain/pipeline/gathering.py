"""Gathering: what a model writes within one beat is handled together, for all calls of a process at once."""

from __future__ import annotations

import asyncio

from attrs import define, field

from domain.ports import Clock

BEAT_SECONDS = 0.04
"""How long text gathers: people don't see it, and the store is asked a third as often (measured at 50 ms)."""
BEAT_CHARACTERS = 2048
"""As much as this does not wait for the beat."""


@define
class Beat:
    """One timer for all calls: what they gathered is appended together, in one transaction of the store."""

    clock: Clock
    seconds: float = BEAT_SECONDS
    _waiting: set[asyncio.Event] = field(factory=set, init=False)
    _rung: asyncio.Event = field(factory=asyncio.Event, init=False)

    def ring(self, wake: asyncio.Event) -> None:
        """Set `wake` at the next beat."""
        self._waiting.add(wake)
        self._rung.set()

    async def go_on(self) -> None:
        """Beat for ever while anybody waits; an idle one sets no timer."""
        while True:
            await self._rung.wait()
            await self.clock.sleep(self.seconds)
            self._rung.clear()
            for wake in self._waiting:
                wake.set()
            self._waiting.clear()
