"""One follower's place in a log, and the bounded buffer of what arrived for it."""

from __future__ import annotations

import asyncio

from attrs import define, field

from domain.run.model import Record

BUFFER_RECORDS = 500
BUFFER_BYTES = 64_000


@define(eq=False)
class Follower:
    """One follower's place: what it has seen, and what arrived since.

    `is_behind` means that the log must be read, `is_cut` that its log is perhaps not the one that it has seen so far.
    """

    run_id: str
    at: int
    arrived: list[tuple[Record, ...]] = field(factory=list)
    records: int = 0
    size: int = 0
    is_behind: bool = False
    is_cut: bool = False
    was_silent: bool = False
    wake: asyncio.Event = field(factory=asyncio.Event)

    def hand(self, records: tuple[Record, ...], size: int) -> None:
        """Keep records, or drop everything where the follower is too slow to take them."""
        self.was_silent = False
        self.wake.set()
        if self.is_behind:
            return
        has_room = self.records + len(records) <= BUFFER_RECORDS and self.size + size <= BUFFER_BYTES
        if self.arrived and not has_room:
            self.fall_behind()
            return
        self.arrived.append(records)
        self.records += len(records)
        self.size += size

    def fall_behind(self) -> None:
        """Forget what arrived and read the log instead."""
        self.is_behind = True
        self._clear()
        self.wake.set()

    async def take(self) -> tuple[Record, ...] | None:
        """Wait for what comes next; None: read the log."""
        while True:
            fresh = [record for records in self.arrived for record in records if record.seq > self.at]
            self._clear()
            if self.is_behind or any(record.seq != seq for seq, record in enumerate(fresh, self.at + 1)):
                self.is_behind = False
                return None
            if fresh:
                return tuple(fresh)
            self.wake.clear()
            await self.wake.wait()

    def _clear(self) -> None:
        self.arrived, self.records, self.size = [], 0, 0
