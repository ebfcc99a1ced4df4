"""What the memory engine keeps of runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime

from attrs import define, field

from domain.errors import RunNotFoundError
from domain.run.model import NewRun, Record, RunStatus, StoredRun
from domain.webhook.delivery import DeliveryState


@define(eq=False)
class PendingDelivery:
    """A delivery, which keeps its state once it is not pending any more."""

    due_at: datetime
    state: DeliveryState = field(factory=DeliveryState)


@define(eq=False, kw_only=True)
class RunState:
    """A run and its log; `order` counts up with creation."""

    new: NewRun
    order: int
    records: list[Record]
    status: RunStatus = RunStatus.QUEUED
    success: bool | None = None
    cancel_requested: bool = False
    epoch: int = 0
    finished_at: datetime | None = None
    delivery: PendingDelivery | None = None

    def to_stored(self) -> StoredRun:
        """Return the run as the ports show it."""
        return StoredRun(
            id=self.new.id,
            owner=self.new.owner,
            spec=self.new.spec,
            status=self.status,
            success=self.success,
            cancel_requested=self.cancel_requested,
            epoch=self.epoch,
            tail=len(self.records),
            created_at=self.new.record.time,
            finished_at=self.finished_at,
        )


@define(eq=False)
class MemoryRuns:
    """All runs, in the order of their creation."""

    _runs: dict[str, RunState] = field(factory=dict, init=False)
    _ids_by_key: dict[tuple[str, str], str] = field(factory=dict, init=False)
    _orders: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)

    def add(self, run: NewRun) -> RunState:
        """Keep a new run."""
        state = RunState(new=run, order=next(self._orders), records=[run.record])
        if run.spec.request.webhook is not None:
            state.delivery = PendingDelivery(run.record.time)
        self._runs[run.id] = state
        if run.key is not None:
            self._ids_by_key[run.owner, run.key] = run.id
        return state

    def get(self, run_id: str) -> RunState | None:
        """Return a run, or None."""
        return self._runs.get(run_id)

    def find(self, run_id: str) -> RunState:
        """Return a run.

        Raises:
            RunNotFoundError: There is none.
        """
        try:
            return self._runs[run_id]
        except KeyError:
            raise RunNotFoundError(f"There is no run {run_id}.") from None

    def find_known(self, run: NewRun) -> tuple[RunState, ...]:
        """Return the runs that have a new one's id, or its key and owner."""
        ids = {run.id}
        if run.key is not None:
            ids.add(self._ids_by_key.get((run.owner, run.key), run.id))
        return tuple(self._runs[run_id] for run_id in sorted(ids) if run_id in self._runs)

    def newest_first(self) -> Iterator[RunState]:
        """Go through all of them."""
        return reversed(self._runs.values())

    def remove(self, run_id: str) -> None:
        """Forget a run."""
        state = self._runs.pop(run_id)
        if state.new.key is not None:
            del self._ids_by_key[state.new.owner, state.new.key]
