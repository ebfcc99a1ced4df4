"""Logs and claims in SQLite."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence

import apsw

from adapters.stores.fence import check_append, check_fence
from adapters.stores.follow import Followers, Page
from adapters.stores.local_queue import LocalRunQueue
from adapters.stores.sqlite.database import Database
from adapters.stores.sqlite.row import RECORD, from_record, to_micros, to_record
from domain.errors import FencedError, RunNotFoundError
from domain.ports import Clock
from domain.run.model import Finish, Lease, Record, RunStatus, Tail

_FENCE = "SELECT key, status, epoch, (SELECT max(seq) FROM events WHERE run = runs.key) FROM runs WHERE id = ?"
_APPEND = "INSERT INTO events (run, seq, epoch, time, type, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)"
_FINISH = "UPDATE runs SET status = ?, success = ?, finished_at = ? WHERE key = ?"
_TAIL = """
SELECT events.epoch, events.seq, runs.status FROM runs JOIN events ON events.run = runs.key
WHERE runs.id = ? ORDER BY events.seq DESC LIMIT 1
"""
_NEWEST = "SELECT max(events.seq) FROM runs JOIN events ON events.run = runs.key WHERE runs.id = ?"
_BEHIND = f"{RECORD} WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?"


class SqliteRunLog:
    """`RunLog` in SQLite; live records go to their followers without being read again."""

    def __init__(self, database: Database, queue: LocalRunQueue, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self.followers = Followers(self, clock)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        """Add, then tell."""
        check_append(lease, records, finish)

        def tell(_: None) -> None:
            if finish is not None:
                self._queue.end(lease.run_id)
            self.followers.publish(records)

        await self._database.write(lambda db: _append(db, lease, records, finish), tell)

    async def tail(self, run_id: str) -> Tail:
        """Return the end of a log."""
        return await self._database.read(lambda db: _tail(db, run_id))

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return records, each compared with its checksum."""
        return await self._database.read(lambda db: _read(db, run_id, after, limit))

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Replay, then live."""
        return self.followers.follow(run_id, after=after)

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        """Return what following asks for."""
        return await self._database.read(lambda db: _read_page(db, run_id, after, records, size))

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the newest seqs."""
        return await self._database.read(lambda db: _read_tails(db, run_ids))


class SqliteClaims:
    """What `LocalRunQueue` keeps in the engine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, run_id: str) -> int | None:
        """Give the run its next epoch."""
        sql = (
            "UPDATE runs SET status = 'running', epoch = epoch + 1"
            " WHERE id = ? AND status IN ('queued', 'running') RETURNING epoch"
        )
        epoch: int | None = await self._database.write(lambda db: db.execute(sql, (run_id,)).get)
        return epoch

    async def requeue(self, run_id: str, epoch: int) -> None:
        """Make it queued again."""
        sql = "UPDATE runs SET status = 'queued' WHERE id = ? AND epoch = ? AND status = 'running'"
        await self._database.write(lambda db: db.execute(sql, (run_id, epoch)).get)

    async def flag_cancel(self, run_id: str, landed: Callable[[RunStatus], None]) -> RunStatus:
        """Set the flag."""
        return await self._database.write(lambda db: _flag_cancel(db, run_id), landed)


def _append(db: apsw.Connection, lease: Lease, records: Sequence[Record], finish: Finish | None) -> None:
    row = db.execute(_FENCE, (lease.run_id,)).fetchone()
    if row is None:
        raise FencedError(f"There is no run {lease.run_id} any more.")
    key, status, epoch, tail = row
    check_fence(lease, records, status=RunStatus(status), epoch=epoch, tail=tail)
    db.executemany(_APPEND, [from_record(key, record) for record in records])
    if finish is not None:
        db.execute(_FINISH, (str(finish.status), finish.success, to_micros(records[-1].time), key))


def _tail(db: apsw.Connection, run_id: str) -> Tail:
    row = db.execute(_TAIL, (run_id,)).fetchone()
    if row is None:
        raise RunNotFoundError(f"There is no run {run_id}.")
    return Tail(epoch=row[0], seq=row[1], status=RunStatus(row[2]))


def _read(db: apsw.Connection, run_id: str, after: int, limit: int) -> tuple[Record, ...]:
    key, _ = _find(db, run_id)
    return tuple(to_record(run_id, row) for row in db.execute(_BEHIND, (key, after, limit)))


def _read_page(db: apsw.Connection, run_id: str, after: int, records: int, size: int) -> Page:
    # The status comes first: one that is read after the records could tell of an end that they don't hold.
    key, status = _find(db, run_id)
    page: list[Record] = []
    rows = db.execute(_BEHIND, (key, after, records + 1))
    for row in rows:
        size -= len(row[4])
        if page and (size < 0 or len(page) == records):
            rows.close()
            return Page(records=tuple(page), has_more=True, is_over=status.is_terminal)
        page.append(to_record(run_id, row))
    return Page(records=tuple(page), has_more=False, is_over=status.is_terminal)


def _read_tails(db: apsw.Connection, run_ids: Collection[str]) -> Mapping[str, int]:
    tails = {run_id: db.execute(_NEWEST, (run_id,)).get for run_id in run_ids}
    return {run_id: tail for run_id, tail in tails.items() if tail is not None}


def _find(db: apsw.Connection, run_id: str) -> tuple[int, RunStatus]:
    row = db.execute("SELECT key, status FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise RunNotFoundError(f"There is no run {run_id}.")
    return row[0], RunStatus(row[1])


def _flag_cancel(db: apsw.Connection, run_id: str) -> RunStatus:
    _, status = _find(db, run_id)
    if not status.is_terminal:
        db.execute("UPDATE runs SET cancel_requested = 1 WHERE id = ?", (run_id,))
    return status
