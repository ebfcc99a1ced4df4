"""Runs in memory."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from adapters.stores.cursor import decode_cursor, encode_cursor
from adapters.stores.folding import fold
from adapters.stores.idempotency import KnownRun, find_same
from adapters.stores.local_queue import LocalRunQueue
from adapters.stores.memory.state import MemoryRuns, RunState
from domain.errors import LiveRunsExceededError, QueueFullError, RunLiveError
from domain.run.model import NewRun, RunPage, RunQuery, RunStatus, StoredRun


class MemoryRunStore:
    """`RunStore` in memory."""

    def __init__(
        self, runs: MemoryRuns, queue: LocalRunQueue, *, queue_limit: int | None, user_live_runs: int | None
    ) -> None:
        self._runs = runs
        self._queue = queue
        self._queue_limit = queue_limit
        self._user_live_runs = user_live_runs

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        """Create and queue it, or return the one that is known."""
        known = [
            KnownRun(id=state.new.id, owner=state.new.owner, fingerprint=state.new.fingerprint)
            for state in self._runs.find_known(run)
        ]
        same = find_same(run, known)
        if same is not None:
            return self._runs.find(same).to_stored(), False
        self._check_bounds(run.owner)
        state = self._runs.add(run)
        self._queue.add(run.id, owner=run.owner, order=state.order)
        return state.to_stored(), True

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        """Return a run and its content."""
        state = self._runs.find(run_id)
        return state.to_stored(), state.new.content

    async def list(self, query: RunQuery) -> RunPage:
        """Go through all runs, which is fine for as many as memory holds."""
        before = None if query.after is None else decode_cursor(query.after)
        found = (
            state
            for state in self._runs.newest_first()
            if (before is None or state.order < before) and _matches(state, query)
        )
        states = list(islice(found, query.limit + 1))
        page = states[: query.limit]
        is_last = len(states) <= query.limit
        return RunPage(
            runs=tuple(state.to_stored() for state in page), next=None if is_last else encode_cursor(page[-1].order)
        )

    async def delete(self, run_id: str) -> None:
        """Forget a terminal run."""
        if not self._runs.find(run_id).status.is_terminal:
            raise RunLiveError("The run has not ended; cancel it first.")
        self._runs.remove(run_id)

    async def purge(self, before: datetime) -> int:
        """Forget the terminal runs that ended before."""
        ended = [s.new.id for s in self._runs.newest_first() if s.finished_at is not None and s.finished_at < before]
        for run_id in ended:
            self._runs.remove(run_id)
        return len(ended)

    def _check_bounds(self, owner: str) -> None:
        live = [state for state in self._runs.newest_first() if not state.status.is_terminal]
        queued = sum(state.status is RunStatus.QUEUED for state in live)
        if self._queue_limit is not None and queued >= self._queue_limit:
            raise QueueFullError("As many runs are queued as this service takes; try again later.")
        if self._user_live_runs is not None and sum(s.new.owner == owner for s in live) >= self._user_live_runs:
            raise LiveRunsExceededError(f"You have {self._user_live_runs} live runs already; wait until one has ended.")


def _matches(state: RunState, query: RunQuery) -> bool:
    return (
        query.owner in (None, state.new.owner)
        and (not query.statuses or state.status in query.statuses)
        and query.prompt in (None, state.new.spec.prompt.name)
        and (query.text is None or fold(query.text) in fold(state.new.search))
    )
