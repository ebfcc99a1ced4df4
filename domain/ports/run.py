"""Runs: what they are, what happened to them, and who works on them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Protocol

from domain.run.model import (
    Finish,
    Lease,
    LiveRuns,
    NewRun,
    Record,
    Renewal,
    RunPage,
    RunQuery,
    RunStatus,
    StoredRun,
    Tail,
)


class RunStore(Protocol):
    """Runs and their pinned prompt sets. Whatever it returns is durable."""

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        """Create a run with its first record and queue it, in one transaction; return it and True.

        A run that the owner has under the same id or key with the same fingerprint is returned with False instead.

        Raises:
            IdempotencyConflictError: The id or key is known with another fingerprint, or the id is somebody else's.
            QueueFullError: Worth retrying later.
            LiveRunsExceededError: The owner has too many live runs.
            StoreUnavailableError: Nothing was created.
        """
        ...

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        """Return a run and its pinned prompt set's content.

        Raises:
            RunNotFoundError: There is none.
        """
        ...

    async def list(self, query: RunQuery) -> RunPage:
        """Return one page of runs, newest first.

        Raises:
            InvalidCursorError: `query.after` is not a `next` of ours.
        """
        ...

    async def delete(self, run_id: str) -> None:
        """Remove a terminal run and its log.

        Raises:
            RunNotFoundError: There is none.
            RunLiveError: It has not ended.
        """
        ...

    async def purge(self, before: datetime) -> int:
        """Remove the runs that ended before that time, whole ones only; return how many."""
        ...


class RunLog(Protocol):
    """The append-only records of every run."""

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        """Add records in one atomic step; return once they are durable and followers are being told.

        Their seqs go on from the tail without a hole. `finish` goes with a terminal event and ends lease and run.

        Raises:
            FencedError: The epoch is not the newest, the run has ended, or the tail is another one. Nothing was added.
            AckLostError: Whether it landed is unknown: read the tail.
            StoreUnavailableError: Nothing was added; worth retrying.
        """
        ...

    async def tail(self, run_id: str) -> Tail:
        """Return the newest seq with its epoch.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return the records behind seq `after`, at most `limit`, in order.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Yield what the log holds behind seq `after` in pages, then what is added, until the terminal event.

        Every record comes once, in order, without a hole; each tuple holds all that is ready. A follower that is slow
        costs nobody else anything.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...


class RunQueue(Protocol):
    """Who works on which run. Claims are fair between owners: the one with the fewest running runs comes first."""

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        """Take a queued run, or one whose lease ran out (never this worker's own); its epoch goes up by one.

        With `run_id` only that run, where it can be claimed now. Returns None when there is none within `wait_seconds`.
        """
        ...

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        """Extend the lease, then wait up to `wait_seconds` for a cancel to be asked for, and tell.

        Raises:
            FencedError: The lease is another's by now, or the run has ended.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give an unfinished run back to the queue; does nothing where the lease is not held any more."""
        ...

    async def request_cancel(self, run_id: str) -> RunStatus:
        """Ask durably for a cancel and wake its worker; return the run's status. An ended run stays as it is.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    async def touch(self, run_id: str) -> None:
        """Note that somebody follows the run just now."""
        ...


class QueueDepth(Protocol):
    """How much there is to work on."""

    async def count(self) -> LiveRuns:
        """Return how many runs of the whole store are queued and running; dear enough not to be asked for all the time.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...
