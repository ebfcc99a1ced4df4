"""Leases in PostgreSQL, a statement for all who ask at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.stores.postgresql.database import Database
from adapters.stores.repeatable import repeatable
from domain.run.model import Lease, Renewal

_ASKED = "unnest($1::text[], $2::bigint[], $3::text[]) AS asked (id, epoch, worker)"
_HELD = "runs.id = asked.id AND runs.epoch = asked.epoch AND runs.worker = asked.worker AND runs.status = 'running'"
_RENEWAL = """
runs.id, runs.epoch, runs.cancel_requested, extract(epoch FROM lease_now() - runs.touched_at)::float8 AS unfollowed
"""
_EXTEND = f"""
WITH held AS (
    SELECT runs.key FROM runs JOIN {_ASKED} ON {_HELD} ORDER BY runs.key FOR NO KEY UPDATE OF runs
), hasty AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
)
UPDATE runs SET lease_until = lease_now() + make_interval(secs => $4)
FROM held, hasty WHERE runs.key = held.key RETURNING {_RENEWAL}
"""  # noqa: S608 -- all of it is constant
"""Nobody waits for the disk: a renewal that a crash of the server takes back makes a takeover earlier, never wrong."""
_READ = f"SELECT {_RENEWAL} FROM runs JOIN {_ASKED} ON {_HELD}"  # noqa: S608 -- all of it is constant
_TOUCH = """
WITH held AS (
    SELECT key FROM runs WHERE id = ANY($1::text[]) AND status IN ('queued', 'running')
    ORDER BY key FOR NO KEY UPDATE
), hasty AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
)
UPDATE runs SET touched_at = lease_now() FROM held, hasty WHERE runs.key = held.key
"""


class PostgresqlLeases:
    """Leases as they are in their runs' rows."""

    def __init__(self, database: Database, *, lease_seconds: float) -> None:
        self._database = database
        self._lease_seconds = lease_seconds

    async def extend(self, leases: Sequence[Lease]) -> Sequence[Renewal | None]:
        """Extend those that are held."""
        with repeatable():
            return _answer(leases, await self._database.write(_EXTEND, *_columns(leases), self._lease_seconds))

    async def read(self, leases: Sequence[Lease]) -> Sequence[Renewal | None]:
        """Look at them."""
        return _answer(leases, await self._database.read(_READ, *_columns(leases)))

    async def touch(self, run_ids: Sequence[str]) -> None:
        """Note it where every worker sees it."""
        with repeatable():
            await self._database.write(_TOUCH, list(run_ids))


def _columns(leases: Sequence[Lease]) -> tuple[list[str], list[int], list[str]]:
    return [lease.run_id for lease in leases], [lease.epoch for lease in leases], [lease.worker for lease in leases]


def _answer(leases: Sequence[Lease], rows: Sequence[Any]) -> list[Renewal | None]:
    held = {
        (row["id"], row["epoch"]): Renewal(
            cancel_requested=row["cancel_requested"], unfollowed_seconds=row["unfollowed"]
        )
        for row in rows
    }
    return [held.get((lease.run_id, lease.epoch)) for lease in leases]
