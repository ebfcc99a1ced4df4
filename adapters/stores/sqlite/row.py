"""Between rows and the domain's values."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.stores.sqlite.fault import damaged
from domain.run.codec import decode_spec
from domain.run.model import Record, RunStatus, StoredRun

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

STORED_RUN = """
SELECT id, owner, spec, status, success, cancel_requested, epoch,
    (SELECT max(seq) FROM events WHERE run = runs.key), created_at, finished_at, key
FROM runs
"""
"""The columns that `to_stored` takes, and the run's key behind them."""

RECORD = "SELECT seq, epoch, time, type, data, crc FROM events"
"""The columns that `to_record` takes."""


def to_micros(time: datetime) -> int:
    """Return microseconds since 1970 in UTC, which is as exact as the time was."""
    return (time - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return what `to_micros` was given."""
    return _EPOCH + timedelta(microseconds=micros)


def checksum(data: bytes, *parts: object) -> int:
    """Return the CRC-32 of data together with what stands beside it in its row."""
    return zlib.crc32(data, zlib.crc32(repr(parts).encode()))


def from_record(run: int, record: Record) -> tuple[Any, ...]:
    """Return the row (run, seq, epoch, time, type, data, crc) of a record of the run with that key."""
    head = (record.seq, record.epoch, to_micros(record.time), record.type)
    return (run, *head, record.data, checksum(record.data, *head))


def to_record(run_id: str, row: tuple[Any, ...]) -> Record:
    """Read a record.

    Raises:
        StoreError: It does not match its checksum.
    """
    seq, epoch, time, kind, data, crc = row
    if checksum(data, seq, epoch, time, kind) != crc:
        raise damaged(f"Event {seq} of run {run_id}")
    return Record(run_id=run_id, epoch=epoch, seq=seq, time=from_micros(time), type=kind, data=data)


def to_stored(row: tuple[Any, ...]) -> StoredRun:
    """Read a run."""
    run_id, owner, spec, status, success, cancel_requested, epoch, tail, created_at, finished_at = row[:10]
    return StoredRun(
        id=run_id,
        owner=owner,
        spec=decode_spec(spec),
        status=RunStatus(status),
        success=None if success is None else bool(success),
        cancel_requested=bool(cancel_requested),
        epoch=epoch,
        tail=tail,
        created_at=from_micros(created_at),
        finished_at=None if finished_at is None else from_micros(finished_at),
    )
