"""Removing whole runs: out of sight in one statement, their logs then in slices that hold nobody up."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import asyncpg

from adapters.stores.postgresql.database import Database, Transaction
from domain.errors import RunLiveError, RunNotFoundError

RUNS_AT_ONCE = 100
EVENTS_AT_ONCE = 5000

_ENDED = "status NOT IN ('queued', 'running')"
_REMOVE = f"""
WITH gone AS (
    DELETE FROM runs WHERE id = $1 AND {_ENDED} RETURNING key, tail
), hidden AS (
    INSERT INTO removed_runs (run, events) SELECT key, tail FROM gone
)
SELECT count(*) AS runs FROM gone
"""  # noqa: S608 -- all of it is constant
_REMOVE_ENDED = f"""
WITH old AS (
    SELECT key FROM runs WHERE finished_at < $1 LIMIT {RUNS_AT_ONCE} FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM runs USING old WHERE runs.key = old.key RETURNING runs.key, runs.tail
), hidden AS (
    INSERT INTO removed_runs (run, events) SELECT key, tail FROM gone
)
SELECT count(*) AS runs FROM gone
"""  # noqa: S608 -- all of it is constant
_IS_THERE = "SELECT FROM runs WHERE id = $1"
_HIDDEN = f"SELECT run, events FROM removed_runs ORDER BY run LIMIT {RUNS_AT_ONCE} FOR UPDATE SKIP LOCKED"  # noqa: S608
_CLEAR = "DELETE FROM events WHERE run = ANY($1::bigint[])"
_FORGET = "DELETE FROM removed_runs WHERE run = ANY($1::bigint[])"
_CUT = "DELETE FROM events WHERE run = $1 AND seq > $2"
_SHORTEN = "UPDATE removed_runs SET events = $2 WHERE run = $1"
_DROP_CONTENTS = "DELETE FROM contents WHERE NOT EXISTS (SELECT FROM requests WHERE requests.content = contents.hash)"


class Removal:
    """Removes runs. What a crash leaves of their logs goes with the next removal of any process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remove(self, run_id: str) -> None:
        """Remove one run.

        Raises:
            RunNotFoundError: There is none.
            RunLiveError: It has not ended.
        """
        (gone,) = await self._database.write(_REMOVE, run_id)
        if not gone["runs"]:
            if await self._database.read(_IS_THERE, run_id):
                raise RunLiveError("The run has not ended; cancel it first.")
            raise RunNotFoundError(f"There is no run {run_id}.")
        await self._sweep()

    async def remove_ended(self, before: datetime) -> int:
        """Remove the runs that ended before; return how many."""
        count: int = 0
        while True:
            (gone,) = await self._database.write(_REMOVE_ENDED, before)
            count += gone["runs"]
            await self._sweep()
            if gone["runs"] == 0:
                return count

    async def _sweep(self) -> None:
        is_left = True
        while is_left:
            async with self._database.transaction() as transaction:
                is_left = await _sweep_slice(transaction)
        # One that a new run needs just now stays until the next time.
        with suppress(asyncpg.ForeignKeyViolationError):
            await self._database.write(_DROP_CONTENTS)


async def _sweep_slice(transaction: Transaction) -> bool:
    """Remove some events of runs that are out of sight; False when there was none."""
    rows = await transaction.fetch(_HIDDEN)
    if not rows:
        return False
    first, some = rows[0], _take_some(rows)
    if some:
        await transaction.fetch(_CLEAR, some)
        await transaction.fetch(_FORGET, some)
    else:
        left = first["events"] - EVENTS_AT_ONCE
        await transaction.fetch(_CUT, first["run"], left)
        await transaction.fetch(_SHORTEN, first["run"], left)
    return True


def _take_some(rows: list[Any]) -> list[int]:
    """Return the first runs as far as all their events together make one slice."""
    some, size = [], 0
    for row in rows:
        size += row["events"]
        if size > EVENTS_AT_ONCE:
            break
        some.append(row["run"])
    return some
