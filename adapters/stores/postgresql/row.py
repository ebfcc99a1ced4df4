"""Between rows and the domain's values."""

from __future__ import annotations

from typing import Any

from domain.run.codec import decode_spec
from domain.run.model import Record, RunStatus, StoredRun

STORED_RUN = """
SELECT runs.key, runs.id, runs.owner, requests.spec, runs.status, runs.success, runs.cancel_requested, runs.epoch,
    runs.tail, runs.created_at, runs.finished_at
FROM runs JOIN requests ON requests.run = runs.key
"""
"""The columns that `to_stored` takes, and the run's key."""


def to_record(run_id: str, row: Any) -> Record:
    """Read a record."""
    return Record(
        run_id=run_id, epoch=row["epoch"], seq=row["seq"], time=row["time"], type=row["type"], data=row["data"]
    )


def to_stored(row: Any) -> StoredRun:
    """Read a run."""
    return StoredRun(
        id=row["id"],
        owner=row["owner"],
        spec=decode_spec(row["spec"]),
        status=RunStatus(row["status"]),
        success=row["success"],
        cancel_requested=row["cancel_requested"],
        epoch=row["epoch"],
        tail=row["tail"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
