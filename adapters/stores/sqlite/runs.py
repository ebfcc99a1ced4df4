"""Runs in SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import apsw
from attrs import frozen

from adapters.stores.cursor import decode_cursor, encode_cursor
from adapters.stores.folding import fold
from adapters.stores.idempotency import KnownRun, find_same
from adapters.stores.local_queue import LocalRunQueue
from adapters.stores.sqlite import removal
from adapters.stores.sqlite.database import Database
from adapters.stores.sqlite.fault import damaged
from adapters.stores.sqlite.row import STORED_RUN, checksum, from_record, to_micros, to_stored
from domain.errors import LiveRunsExceededError, QueueFullError, RunNotFoundError
from domain.run.codec import encode_spec
from domain.run.model import NewRun, RunPage, RunQuery, StoredRun

_KNOWN = "SELECT id, owner, fingerprint FROM runs WHERE id = ?1 OR (owner = ?2 AND idempotency_key = ?3)"
_QUEUED = "SELECT count(*) FROM (SELECT 1 FROM runs WHERE status = 'queued' LIMIT ?)"
_LIVE = "SELECT count(*) FROM (SELECT 1 FROM runs WHERE status IN ('queued', 'running') AND owner = ? LIMIT ?)"
_KEEP_CONTENT = "INSERT INTO contents (hash, content, crc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_ADD = """
INSERT INTO runs (id, owner, created_at, content, prompt, idempotency_key, fingerprint, search, spec)
VALUES (?1, ?2, ?3, (SELECT key FROM contents WHERE hash = ?4), ?5, ?6, ?7, ?8, ?9)
"""
_ADD_RECORD = "INSERT INTO events (run, seq, epoch, time, type, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)"
_OWE = "INSERT INTO deliveries (run, owner, due_at) VALUES (?, ?, ?)"
_GET_CONTENT = """
SELECT contents.hash, contents.content, contents.crc
FROM runs JOIN contents ON contents.key = runs.content WHERE runs.id = ?
"""


@frozen(kw_only=True)
class Bounds:
    """How many runs may be queued in all, and live per owner; None: as many as there are."""

    queue_limit: int | None = None
    user_live_runs: int | None = None


class SqliteRunStore:
    """`RunStore` in SQLite."""

    def __init__(self, database: Database, queue: LocalRunQueue, bounds: Bounds) -> None:
        self._database = database
        self._queue = queue
        self._bounds = bounds

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        """Create and queue it, or return the one that is known."""

        def offer(created: tuple[StoredRun, bool, int]) -> None:
            _, is_new, key = created
            if is_new:
                self._queue.add(run.id, owner=run.owner, order=key)

        stored, is_new, _ = await self._database.write(lambda db: _create(db, run, self._bounds), offer)
        return stored, is_new

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        """Return a run and its content."""
        return await self._database.read(lambda db: _get(db, run_id))

    async def list(self, query: RunQuery) -> RunPage:
        """Go through the runs by key, newest first."""
        where, values = _filter(query)
        return await self._database.read(lambda db: _list(db, where, values, query.limit))

    async def delete(self, run_id: str) -> None:
        """Take the run out of sight at once, then its log in slices."""
        await self._database.write(lambda db: removal.remove(db, run_id))
        await self.sweep()

    async def purge(self, before: datetime) -> int:
        """Do the same with all that ended before."""
        ended_before, count = to_micros(before), 0
        while removed := await self._database.write(lambda db: removal.remove_ended(db, ended_before)):
            count += removed
            await self.sweep()
        return count

    async def sweep(self) -> None:
        """Remove what is left of removed runs, letting others write between the slices."""
        while await self._database.write(removal.sweep_slice):
            pass


def find_run(db: apsw.Connection, run_id: str) -> tuple[StoredRun, int]:
    """Return a run and its key.

    Raises:
        RunNotFoundError: There is none.
    """
    row = db.execute(f"{STORED_RUN} WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise RunNotFoundError(f"There is no run {run_id}.")
    return to_stored(row), row[10]


def _create(db: apsw.Connection, run: NewRun, bounds: Bounds) -> tuple[StoredRun, bool, int]:
    rows: list[tuple[Any, ...]] = db.execute(_KNOWN, (run.id, run.owner, run.key)).fetchall()
    same = find_same(run, [KnownRun(id=row[0], owner=row[1], fingerprint=row[2]) for row in rows])
    if same is not None:
        stored, key = find_run(db, same)
        return stored, False, key
    _check_bounds(db, run.owner, bounds)
    pin = run.spec.prompt
    db.execute(_KEEP_CONTENT, (pin.hash, run.content, checksum(run.content, pin.hash)))
    created_at = to_micros(run.record.time)
    texts = (run.key, run.fingerprint, fold(run.search), encode_spec(run.spec))
    db.execute(_ADD, (run.id, run.owner, created_at, pin.hash, pin.name, *texts))
    db.execute(_ADD_RECORD, from_record(db.last_insert_rowid(), run.record))
    stored, key = find_run(db, run.id)
    if run.spec.request.webhook is not None:
        db.execute(_OWE, (key, run.owner, created_at))
    return stored, True, key


def _check_bounds(db: apsw.Connection, owner: str, bounds: Bounds) -> None:
    limit = bounds.queue_limit
    if limit is not None and db.execute(_QUEUED, (limit,)).get >= limit:
        raise QueueFullError("As many runs are queued as this service takes; try again later.")
    limit = bounds.user_live_runs
    if limit is not None and db.execute(_LIVE, (owner, limit)).get >= limit:
        raise LiveRunsExceededError(f"You have {limit} live runs already; wait until one has ended.")


def _get(db: apsw.Connection, run_id: str) -> tuple[StoredRun, bytes]:
    stored, _ = find_run(db, run_id)
    row = db.execute(_GET_CONTENT, (run_id,)).fetchone()
    if row is None or checksum(row[1], row[0]) != row[2]:
        raise damaged(f"The prompt set of run {run_id}")
    return stored, row[1]


def _filter(query: RunQuery) -> tuple[str, list[Any]]:
    statuses = sorted(query.statuses)
    wanted: list[tuple[str, list[Any]]] = []
    if query.after is not None:
        wanted.append(("key < ?", [decode_cursor(query.after)]))
    if query.owner is not None:
        wanted.append(("owner = ?", [query.owner]))
    if statuses:
        wanted.append((f"status IN ({', '.join('?' * len(statuses))})", [str(status) for status in statuses]))
    if query.prompt is not None:
        wanted.append(("prompt = ?", [query.prompt]))
    if query.text is not None:
        # Both sides are folded, which LIKE would do for ASCII only; and nothing is a wildcard.
        wanted.append(("instr(search, ?) > 0", [fold(query.text)]))
    where = " AND ".join(condition for condition, _ in wanted) or "true"
    return where, [value for _, values in wanted for value in values]


def _list(db: apsw.Connection, where: str, values: list[Any], limit: int) -> RunPage:
    rows: list[tuple[Any, ...]] = db.execute(
        f"{STORED_RUN} WHERE {where} ORDER BY key DESC LIMIT ?", (*values, limit + 1)
    ).fetchall()
    page = rows[:limit]
    following = encode_cursor(page[-1][10]) if len(rows) > limit else None
    return RunPage(runs=tuple(to_stored(row) for row in page), next=following)
