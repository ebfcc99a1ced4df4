"""Logs and claims in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from itertools import accumulate

from adapters.stores.fence import check_append, check_fence
from adapters.stores.follow import Followers, Page
from adapters.stores.local_queue import LocalRunQueue
from adapters.stores.memory.state import MemoryRuns
from domain.errors import FencedError, RunNotFoundError
from domain.ports import Clock
from domain.run.model import Finish, Lease, Record, RunStatus, Tail


class MemoryRunLog:
    """`RunLog` in memory."""

    def __init__(self, runs: MemoryRuns, queue: LocalRunQueue, clock: Clock) -> None:
        self._runs = runs
        self._queue = queue
        self.followers = Followers(self, clock)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        """Add, then tell."""
        check_append(lease, records, finish)
        try:
            state = self._runs.find(lease.run_id)
        except RunNotFoundError as error:
            raise FencedError(error.message) from None
        check_fence(lease, records, status=state.status, epoch=state.epoch, tail=len(state.records))
        state.records.extend(records)
        if finish is not None:
            state.status, state.success, state.finished_at = finish.status, finish.success, records[-1].time
            self._queue.end(lease.run_id)
        self.followers.publish(records)

    async def tail(self, run_id: str) -> Tail:
        """Return the end of a log."""
        state = self._runs.find(run_id)
        return Tail(epoch=state.records[-1].epoch, seq=state.records[-1].seq, status=state.status)

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return records; seq n is at index n - 1."""
        return tuple(self._runs.find(run_id).records[after : after + limit])

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Replay, then live."""
        return self.followers.follow(run_id, after=after)

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        """Return what following asks for."""
        state = self._runs.find(run_id)
        found = state.records[after : after + records]
        sizes = accumulate(len(record.data) for record in found)
        page = tuple(record for record, total in zip(found, sizes, strict=True) if total <= size) or tuple(found[:1])
        has_more = after + len(page) < len(state.records)
        return Page(records=page, has_more=has_more, is_over=state.status.is_terminal)

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the newest seqs."""
        return {run_id: len(state.records) for run_id in run_ids if (state := self._runs.get(run_id)) is not None}


class MemoryClaims:
    """What `LocalRunQueue` keeps in the engine, here in memory as well."""

    def __init__(self, runs: MemoryRuns) -> None:
        self._runs = runs

    async def start(self, run_id: str) -> int | None:
        """Give the run its next epoch."""
        state = self._runs.get(run_id)
        if state is None or state.status.is_terminal:
            return None
        state.epoch += 1
        state.status = RunStatus.RUNNING
        return state.epoch

    async def requeue(self, run_id: str, epoch: int) -> None:
        """Make it queued again."""
        state = self._runs.get(run_id)
        if state is not None and (state.status, state.epoch) == (RunStatus.RUNNING, epoch):
            state.status = RunStatus.QUEUED

    async def flag_cancel(self, run_id: str, landed: Callable[[RunStatus], None]) -> RunStatus:
        """Set the flag."""
        state = self._runs.find(run_id)
        if not state.status.is_terminal:
            state.cancel_requested = True
            landed(state.status)
        return state.status
