"""Between what scripts answer and the domain's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.stores.redis.packing import Packable, to_microseconds, to_text, to_time
from domain.run.codec import decode_spec
from domain.run.model import Record, RunStatus, StoredRun


def to_record(run_id: str, row: Sequence[Any], seq: int) -> Record:
    """Read a record."""
    epoch, time, kind, data = row
    return Record(run_id=run_id, epoch=epoch, seq=seq, time=to_time(time), type=to_text(kind), data=data)


def from_record(record: Record) -> tuple[Packable, ...]:
    """Write a record; its epoch and seq go without saying."""
    return to_microseconds(record.time), record.type, record.data


def to_stored(row: Sequence[Any]) -> StoredRun:
    """Read a run as `show` in prelude.lua gives it."""
    run_id, owner, _, status, success, cancel_requested, epoch, tail, created_at, finished_at, spec = row
    return StoredRun(
        id=to_text(run_id),
        owner=to_text(owner),
        spec=decode_spec(spec),
        status=RunStatus(to_text(status)),
        success=success == b"1" if success else None,
        cancel_requested=cancel_requested == b"1",
        epoch=int(epoch),
        tail=int(tail),
        created_at=to_time(int(created_at)),
        finished_at=to_time(int(finished_at)) if finished_at else None,
    )


def get_order(row: Sequence[Any]) -> int:
    """Return the number of a run in the order of creation."""
    return int(row[2])
