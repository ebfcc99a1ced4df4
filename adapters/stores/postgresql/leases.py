"""Extending and reading leases, with a statement for all who ask at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.stores.group_commit import GroupCommitter
from adapters.stores.postgresql.database import Database
from adapters.stores.postgresql.fault import repeatable
from domain.errors import FencedError
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


class Leases:
    """The leases that workers of this process hold."""

    def __init__(self, database: Database, *, lease_seconds: float) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._extending: GroupCommitter[Lease, Renewal] = GroupCommitter(self._extend)
        self._reading: GroupCommitter[Lease, Renewal] = GroupCommitter(self._read)
        self._touching: GroupCommitter[str, None] = GroupCommitter(self._touch)

    async def extend(self, lease: Lease) -> Renewal:
        """Extend a lease and tell what its worker has to know.

        Raises:
            FencedError: It is over.
            StoreUnavailableError: Worth retrying.
        """
        return await self._extending.submit(lease)

    async def read(self, lease: Lease) -> Renewal:
        """Tell the same without extending; raises the same."""
        return await self._reading.submit(lease)

    async def touch(self, run_id: str) -> None:
        """Note that somebody follows.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        await self._touching.submit(run_id)

    async def close(self) -> None:
        """Finish what is under way."""
        for committer in (self._extending, self._reading, self._touching):
            await committer.close()

    async def _extend(self, leases: Sequence[Lease]) -> Sequence[Renewal | Exception]:
        with repeatable():
            return _answer(leases, await self._database.write(_EXTEND, *_columns(leases), self._lease_seconds))

    async def _read(self, leases: Sequence[Lease]) -> Sequence[Renewal | Exception]:
        return _answer(leases, await self._database.read(_READ, *_columns(leases)))

    async def _touch(self, run_ids: Sequence[str]) -> Sequence[None]:
        with repeatable():
            await self._database.write(_TOUCH, list(set(run_ids)))
        return [None] * len(run_ids)


def _columns(leases: Sequence[Lease]) -> tuple[list[str], list[int], list[str]]:
    asked = list(dict.fromkeys(leases))
    return [lease.run_id for lease in asked], [lease.epoch for lease in asked], [lease.worker for lease in asked]


def _answer(leases: Sequence[Lease], rows: Sequence[Any]) -> list[Renewal | Exception]:
    held = {
        (row["id"], row["epoch"]): Renewal(
            cancel_requested=row["cancel_requested"], unfollowed_seconds=row["unfollowed"]
        )
        for row in rows
    }
    return [held.get((lease.run_id, lease.epoch)) or _over(lease) for lease in leases]


def _over(lease: Lease) -> FencedError:
    return FencedError(f"The lease on run {lease.run_id} is over.")
