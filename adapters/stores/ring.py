"""Waiting for something that may have happened while one still looked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from domain.ports import Clock

QUEUE = ""
"""The topic of who waits for a run to claim; all others are ids of runs."""


class Ring:
    """One listener's bell, which stays rung."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or will."""
        self._rung.set()

    async def wait(self, clock: Clock, seconds: float) -> None:
        """Return when it rings, at once where it did already, or after that long."""
        if seconds <= 0 or self._rung.is_set():
            return
        timer = asyncio.create_task(clock.sleep(seconds))
        timer.add_done_callback(lambda _: self._rung.set())
        try:
            await self._rung.wait()
        finally:
            timer.cancel()


class Rings:
    """All listeners of one process, by what they wait for."""

    def __init__(self) -> None:
        self._listening: dict[str, set[Ring]] = {}

    @contextmanager
    def hear(self, topic: str) -> Iterator[Ring]:
        """Give a bell for the block. Whoever looks within it and then waits misses nothing."""
        ring = Ring()
        self._listening.setdefault(topic, set()).add(ring)
        try:
            yield ring
        finally:
            self._listening[topic].discard(ring)
            if not self._listening[topic]:
                del self._listening[topic]

    def ring(self, topics: Collection[str]) -> None:
        """Wake all who wait for one of them."""
        for topic in topics:
            for ring in self._listening.get(topic, ()):
                ring.ring()

    def ring_all(self) -> None:
        """Wake everybody, where nobody knows what was missed."""
        self.ring(tuple(self._listening))
