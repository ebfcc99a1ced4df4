"""Removing whole runs: out of sight in one transaction, their logs then in slices that hold nobody up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from domain.errors import RunLiveError, RunNotFoundError
from domain.run.model import RunStatus

RUNS_AT_ONCE = 100
EVENTS_AT_ONCE = 1000
PAGES_AT_ONCE = 1000


def remove(db: apsw.Connection, run_id: str) -> None:
    """Take one run out of sight.

    Raises:
        RunNotFoundError: There is none.
        RunLiveError: It has not ended.
    """
    row = db.execute("SELECT key, status FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise RunNotFoundError(f"There is no run {run_id}.")
    if not RunStatus(row[1]).is_terminal:
        raise RunLiveError("The run has not ended; cancel it first.")
    _hide(db, [row[0]])


def remove_ended(db: apsw.Connection, before: int) -> int:
    """Take some of the runs that ended before those microseconds out of sight; return how many."""
    rows: list[tuple[Any, ...]] = db.execute(
        "SELECT key FROM runs WHERE finished_at < ? LIMIT ?", (before, RUNS_AT_ONCE)
    ).fetchall()
    _hide(db, [row[0] for row in rows])
    return len(rows)


def sweep_slice(db: apsw.Connection) -> bool:
    """Remove some events of a run that is out of sight, and give free pages back; False when there was none."""
    row = db.execute("SELECT run FROM removed_runs LIMIT 1").fetchone()
    if row is None:
        return False
    db.execute(
        "DELETE FROM events WHERE rowid IN (SELECT rowid FROM events WHERE run = ? LIMIT ?)", (*row, EVENTS_AT_ONCE)
    )
    if db.changes() < EVENTS_AT_ONCE:
        db.execute("DELETE FROM removed_runs WHERE run = ?", row)
    db.execute(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})").fetchall()
    return True


def _hide(db: apsw.Connection, keys: Sequence[int]) -> None:
    rows = [(key,) for key in keys]
    contents = {row for key in rows for row in db.execute("SELECT content FROM runs WHERE key = ?", key)}
    db.executemany("INSERT INTO removed_runs (run) VALUES (?)", rows)
    db.executemany("DELETE FROM runs WHERE key = ?", rows)
    db.executemany("DELETE FROM deliveries WHERE run = ?", rows)
    db.executemany(
        "DELETE FROM contents WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE content = ?1)", sorted(contents)
    )
