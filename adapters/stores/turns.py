"""Whose turn it is: fair between owners, oldest first, and nobody takes over from themselves."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from attrs import define, field

from adapters.stores.bell import Bell
from domain.run.model import LiveRuns


@define(eq=False, kw_only=True)
class LiveRun:
    """A run that has not ended; `order` counts up with creation.

    One that is neither queued nor held has lost its worker. `epoch` is None until a claim is durable; `expires_at` and
    `touched_at` are monotonic seconds; `changed` rings at a cancel, at a takeover and at the end.
    """

    id: str
    owner: str
    order: int
    is_queued: bool = True
    cancel_requested: bool = False
    touched_at: float
    worker: str | None = None
    epoch: int | None = None
    expires_at: float = 0.0
    changed: Bell = field(factory=Bell)


class Turns:
    """The live runs of one process, and who comes next."""

    def __init__(self) -> None:
        self._live: dict[str, LiveRun] = {}
        self._held: dict[str, LiveRun] = {}
        self._held_by_owner: dict[str, int] = {}
        self._waiting: dict[str, list[tuple[int, str]]] = {}

    def get(self, run_id: str) -> LiveRun | None:
        """Return a live run."""
        return self._live.get(run_id)

    def get_held(self, run_id: str) -> LiveRun | None:
        """Return a run that a worker holds, be its lease over or not."""
        return self._held.get(run_id)

    def count(self) -> LiveRuns:
        """Count those that wait for a worker, and those that one has."""
        return LiveRuns(queued=len(self._live) - len(self._held), running=len(self._held))

    def add(self, run: LiveRun) -> None:
        """Take in a run that waits for a worker."""
        self._live[run.id] = run
        self._wait(run)

    def remove(self, run_id: str) -> LiveRun | None:
        """Forget a run that has ended; return it."""
        run = self._live.pop(run_id, None)
        if run is not None:
            self._let_go(run)
        return run

    def hold(self, run: LiveRun, *, worker: str, expires_at: float) -> None:
        """Give it to a worker."""
        self._let_go(run)
        run.worker, run.expires_at, run.is_queued = worker, expires_at, False
        self._held[run.id] = run
        self._held_by_owner[run.owner] = self._held_by_owner.get(run.owner, 0) + 1

    def put_back(self, run: LiveRun, *, is_queued: bool) -> None:
        """Take it from its worker; it waits in its old place."""
        self._let_go(run)
        run.is_queued = is_queued
        if run.id in self._live:
            self._wait(run)

    def find_next(self, worker: str, *, now: float, run_id: str | None = None) -> LiveRun | None:
        """Return the run that this worker may claim next, or that one if it may."""
        if run_id is not None:
            run = self._live.get(run_id)
            return run if run is not None and _may_claim(run, worker, now) else None
        expired = (run for run in self._held.values() if _may_claim(run, worker, now))
        return min((*self._oldest_by_owner(), *expired), key=self._turn, default=None)

    def next_expiry(self, worker: str) -> float:
        """Return the moment at which the first lease that others hold runs out; infinity where there is none."""
        return min((run.expires_at for run in self._held.values() if run.worker != worker), default=float("inf"))

    def _turn(self, run: LiveRun) -> tuple[int, int]:
        others = self._held_by_owner.get(run.owner, 0) - (run.worker is not None)
        return others, run.order

    def _wait(self, run: LiveRun) -> None:
        heappush(self._waiting.setdefault(run.owner, []), (run.order, run.id))

    def _oldest_by_owner(self) -> Iterator[LiveRun]:
        for owner, waiting in list(self._waiting.items()):
            # A run that was claimed by its id, or that ended, leaves its place behind.
            while waiting and ((run := self._live.get(waiting[0][1])) is None or run.worker is not None):
                heappop(waiting)
            if waiting:
                yield self._live[waiting[0][1]]
            else:
                del self._waiting[owner]

    def _let_go(self, run: LiveRun) -> None:
        run.worker = run.epoch = None
        if self._held.pop(run.id, None) is None:
            return
        self._held_by_owner[run.owner] -= 1
        if self._held_by_owner[run.owner] == 0:
            del self._held_by_owner[run.owner]


def _may_claim(run: LiveRun, worker: str, now: float) -> bool:
    return run.worker is None or (run.worker != worker and run.expires_at <= now)
