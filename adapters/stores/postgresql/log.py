"""Logs in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.stores.follow import Page
from adapters.stores.postgresql.database import Database
from adapters.stores.postgresql.row import to_record
from adapters.stores.shared_log import Wish
from domain.run.model import Record, RunStatus, Tail

PAGES_AT_ONCE = 50

_TAILS = "SELECT id, tail_epoch, tail, status FROM runs WHERE id = ANY($1::text[])"
_READ = """
SELECT e.* FROM runs LEFT JOIN LATERAL (
    SELECT seq, epoch, time, type, data FROM events WHERE run = runs.key AND seq > $2 ORDER BY seq LIMIT $3
) AS e ON true WHERE runs.id = $1 ORDER BY e.seq
"""
_PAGES = """
SELECT asked.number, runs.status, runs.tail, e.seq, e.epoch, e.time, e.type, e.data
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
    AS asked (id, after, records, size, number)
JOIN runs ON runs.id = asked.id
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT *, sum(octet_length(data)) OVER (ORDER BY seq) AS total FROM (
            SELECT seq, epoch, time, type, data FROM events
            WHERE run = runs.key AND seq > asked.after ORDER BY seq LIMIT asked.records
        ) AS found
    ) AS measured WHERE total <= asked.size OR seq = asked.after + 1
) AS e ON true
ORDER BY asked.number, e.seq
"""
"""One statement sees one moment: a status that tells of an end comes with all of its records."""


class PostgresqlLogs:
    """Events, read by statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_tails(self, run_ids: Sequence[str]) -> Mapping[str, Tail]:
        """Look at the runs."""
        rows = await self._database.read(_TAILS, list(run_ids))
        return {
            row["id"]: Tail(epoch=row["tail_epoch"], seq=row["tail"], status=RunStatus(row["status"])) for row in rows
        }

    async def read(self, run_id: str, *, after: int, limit: int) -> tuple[Record, ...] | None:
        """Read some; a run without any there gives one row of nothing."""
        rows = await self._database.read(_READ, run_id, after, limit)
        return tuple(to_record(run_id, row) for row in rows if row["seq"] is not None) if rows else None

    async def read_pages(self, wishes: Sequence[Wish]) -> Sequence[Page | None]:
        """Read pages in one statement."""
        columns = ([getattr(wish, name) for wish in wishes] for name in ("run_id", "after", "records", "size"))
        rows: list[list[Any]] = [[] for _ in wishes]
        for row in await self._database.read(_PAGES, *columns):
            rows[row["number"] - 1].append(row)
        return [_make_page(wish.run_id, its) if its else None for wish, its in zip(wishes, rows, strict=True)]


def _make_page(run_id: str, rows: Sequence[Any]) -> Page:
    records = tuple(to_record(run_id, row) for row in rows if row["seq"] is not None)
    has_more = bool(records) and records[-1].seq < rows[0]["tail"]
    return Page(records=records, has_more=has_more, is_over=RunStatus(rows[0]["status"]).is_terminal)
