"""Between what scripts answer and the domain's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.stores.redis.packing import Packable, to_microseconds, to_text, to_time
from domain.run.codec import decode_spec
from domain.run.model import Record, RunStatus, StoredRun

_HEADS = msgspec.msgpack.Decoder(list[tuple[int, int, str, int]])


def to_records(run_id: str, heads: bytes, data: bytes, *, after: int) -> tuple[Record, ...]:
    """Read records behind seq `after` as read.lua gives them: their heads packed, their data one behind the other."""
    records, start = [], 0
    for seq, (epoch, time, kind, size) in enumerate(_HEADS.decode(heads), after + 1):
        piece = data[start : start + size]
        records.append(Record(run_id=run_id, epoch=epoch, seq=seq, time=to_time(time), type=kind, data=piece))
        start += size
    return tuple(records)


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
