"""Following logs: replay in pages, then live, without a hole and without a follower holding up anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from attrs import frozen

from adapters.stores.follower import Follower
from domain.errors import StoreError, StoreUnavailableError
from domain.ports import Clock
from domain.run.events import TERMINAL_TYPES
from domain.run.model import Record

PAGE_RECORDS = 200
"""With 500, others' reads took twice as long at p99 while 100,000 events were replayed, which took no less time.

A reader that is slow holds a page or two: with 250 that was 520 kB.
"""
PAGE_BYTES = 256_000
PAGE_PAUSE_SECONDS = 0.001
SILENCE_SECONDS = 1.0


@frozen(kw_only=True)
class Page:
    """Records that a log holds behind a seq, at least one where there are any.

    `has_more`: it was cut at its size. `is_over`: the run has ended, so nothing will ever come behind the log's tail.
    """

    records: tuple[Record, ...]
    has_more: bool
    is_over: bool


class Log(Protocol):
    """What following needs of an engine."""

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        """Return what is behind seq `after`, cut at that many records or where their data passes `size` bytes.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the newest seq of each of those runs that exists."""
        ...


class Followers:
    """All followers of one process. An engine calls `publish` with what became durable; in order for each run.

    Live records are a short cut: a follower goes forward by contiguous seqs only, and reads the log again at a hole,
    when its buffer ran over, and when a second of silence was no silence in the log.
    """

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._followers: dict[str, set[Follower]] = {}
        self._watch: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def count(self) -> int:
        """How many followers there are."""
        return sum(len(followers) for followers in self._followers.values())

    def publish(self, records: Sequence[Record]) -> None:
        """Hand one run's newest records to its followers."""
        followers = self._followers.get(records[0].run_id)
        if not followers:
            return
        handed = tuple(records)
        size = sum(len(record.data) for record in handed)
        for follower in followers:
            follower.hand(handed, size)

    def ring(self, run_ids: Collection[str]) -> None:
        """Make the followers of those runs read their logs, for engines that only hear that something was added."""
        for run_id in run_ids:
            for follower in self._followers.get(run_id, ()):
                follower.fall_behind()

    def ring_all(self) -> None:
        """Make every follower read its log, for engines that were deaf for a while."""
        self.ring(tuple(self._followers))

    def cut_all(self) -> None:
        """End every follower with an error, for engines that may have lost what these have seen.

        Whoever comes back with a cursor is told whether it still fits.
        """
        for followers in self._followers.values():
            for follower in followers:
                follower.is_cut = True
                follower.fall_behind()

    async def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Yield what `RunLog.follow` promises; ends early when this is closed."""
        follower = self._enter(run_id, after)
        try:
            while not self._is_closed:
                page = await self._log.read_page(run_id, after=follower.at, records=PAGE_RECORDS, size=PAGE_BYTES)
                if follower.is_cut:
                    raise StoreUnavailableError("The store was started anew, perhaps with older data; come again.")
                if page.records:
                    follower.at = page.records[-1].seq
                    yield page.records
                if page.has_more:
                    # A timer, not sleep(0): a long replay must let everybody else have the loop, sockets included.
                    await asyncio.sleep(PAGE_PAUSE_SECONDS)
                    continue
                if page.is_over or _is_end(page.records):
                    return
                while (records := await follower.take()) is not None:
                    follower.at = records[-1].seq
                    yield records
                    if _is_end(records):
                        return
        finally:
            self._leave(follower)

    async def close(self) -> None:
        """End every follower."""
        self._is_closed = True
        for followers in self._followers.values():
            for follower in followers:
                follower.fall_behind()
        await self._stop_watch()

    def _enter(self, run_id: str, after: int) -> Follower:
        follower = Follower(run_id, after)
        self._followers.setdefault(run_id, set()).add(follower)
        if self._watch is None and not self._is_closed:
            self._watch = asyncio.create_task(self._watch_silence(), name="followers")
        return follower

    def _leave(self, follower: Follower) -> None:
        followers = self._followers[follower.run_id]
        followers.discard(follower)
        if not followers:
            del self._followers[follower.run_id]
        if not self._followers and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
            self._watch = None

    async def _watch_silence(self) -> None:
        while True:
            await self._clock.sleep(SILENCE_SECONDS)
            waiting = [f for group in self._followers.values() for f in group if not f.wake.is_set()]
            silent = [follower for follower in waiting if follower.was_silent]
            for follower in waiting:
                follower.was_silent = True
            if silent:
                await self._compare(silent)

    async def _compare(self, silent: Collection[Follower]) -> None:
        try:
            tails = await self._log.read_tails({follower.run_id for follower in silent})
        except StoreError:
            return
        for follower in silent:
            tail = tails.get(follower.run_id)
            if tail is None or tail > follower.at:
                follower.fall_behind()


def _is_end(records: Sequence[Record]) -> bool:
    return bool(records) and records[-1].type in TERMINAL_TYPES
