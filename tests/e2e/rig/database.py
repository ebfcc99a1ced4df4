"""Reads what a SQLite store holds, past all of the product's own code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from tests.e2e.rig.evidence import StoredEvent, StoredState, write_inputs


@contextmanager
def open_read_only(path: Path) -> Iterator[apsw.Connection]:
    """Open the file beside a server that may be writing it."""
    db = apsw.Connection(f"file:{path}?mode=ro", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        db.set_busy_timeout(5000)
        yield db
    finally:
        db.close()


def read_states(db: apsw.Connection) -> dict[str, StoredState]:
    """Return every run by its id. In this store whoever serves the file holds every running run."""
    rows = db.execute("SELECT id, owner, status, spec FROM runs")
    return {
        run_id: StoredState(
            owner=owner,
            status=status,
            inputs=write_inputs(json.loads(spec)["request"]["inputs"]),
            is_leased=status == "running",
        )
        for run_id, owner, status, spec in rows
    }


def read_events(db: apsw.Connection) -> dict[str, tuple[StoredEvent, ...]]:
    """Return every run's log by the run's id."""
    rows = db.execute(
        "SELECT runs.id, seq, events.epoch, type, data FROM runs LEFT JOIN events ON events.run = runs.key"
        " ORDER BY runs.key, seq"
    )
    logs: dict[str, list[StoredEvent]] = {}
    for run_id, seq, epoch, kind, data in rows:
        log = logs.setdefault(run_id, [])
        if seq is not None:
            log.append(StoredEvent(seq=seq, epoch=epoch, type=kind, data=bytes(data).decode()))
    return {run_id: tuple(log) for run_id, log in logs.items()}


def check_integrity(db: apsw.Connection) -> str:
    """Return "ok", or what SQLite finds wrong."""
    return "; ".join(str(row[0]) for row in db.execute("PRAGMA integrity_check"))
