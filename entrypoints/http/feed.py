"""What the tasks of one open stream hand to the one that writes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from attrs import field, frozen

from domain.ports import Clock
from domain.run.model import Record

ControlName = Literal["heartbeat", "draining", "reset", "auth_expiring", "changed"]
MAX_PENDING = 64
"""Items that wait for a slow reader before its sources pause; what they read meanwhile is read again in pages."""


@frozen
class Control:
    """Something about the stream and not about a run: it has no seq and is in no log."""

    name: ControlName
    data: Mapping[str, Any] = field(factory=dict)


Item = Record | Control
HEARTBEAT = Control("heartbeat")


class Feed:
    """Items of several tasks for one taker, which gets all that is ready at once.

    One future wakes the taker and none is made while it is busy: with a queue and a wait per item the same work took
    twice the time.
    """

    __slots__ = ("_clock", "_is_ended", "_items", "_room", "_taker", "taken_at")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: list[Item] = []
        self._taker: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._is_ended = False
        self.taken_at = clock.monotonic()

    def push(self, items: Sequence[Item]) -> None:
        """Add items; what comes after the end is dropped."""
        if not self._is_ended:
            self._items.extend(items)
            _wake(self._taker)

    def end(self) -> None:
        """Let the taker have what is there, then nothing."""
        self._is_ended = True
        _wake(self._taker)

    @property
    def is_idle(self) -> bool:
        """Whether the taker has everything and waits for more."""
        return not self._items and self._taker is not None

    async def take(self) -> list[Item]:
        """Wait for something and return all of it; an empty list is the end."""
        while not self._items and not self._is_ended:
            self._taker = asyncio.get_running_loop().create_future()
            try:
                await self._taker
            finally:
                self._taker = None
        taken, self._items = self._items, []
        self.taken_at = self._clock.monotonic()
        _wake(self._room)
        return taken

    async def wait_for_room(self) -> None:
        """Return once fewer items wait than a slow reader may have waiting."""
        while len(self._items) >= MAX_PENDING and not self._is_ended:
            if self._room is None or self._room.done():
                self._room = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._room)


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
