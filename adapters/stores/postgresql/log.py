"""Logs in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any

from attrs import frozen

from adapters.stores.follow import Followers, Page
from adapters.stores.group_commit import GroupCommitter
from adapters.stores.postgresql.database import Database
from adapters.stores.postgresql.row import to_record
from adapters.stores.postgresql.writer import PostgresqlWriter
from adapters.stores.ring import Rings
from adapters.stores.writing import make_append
from domain.errors import RunNotFoundError
from domain.ports import Clock
from domain.run.model import Finish, Lease, Record, RunStatus, Tail

PAGES_AT_ONCE = 50

_TAIL = "SELECT tail_epoch, tail, status FROM runs WHERE id = $1"
_TAILS = "SELECT id, tail FROM runs WHERE id = ANY($1::text[])"
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


@frozen
class _Wish:
    run_id: str
    after: int
    records: int
    size: int


class PostgresqlRunLog:
    """`RunLog` in PostgreSQL; what this process appends goes to its followers without being read again."""

    def __init__(self, database: Database, writer: PostgresqlWriter, rings: Rings, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._rings = rings
        self._pages: GroupCommitter[_Wish, Page] = GroupCommitter(self._read_pages)
        self.followers = Followers(self, clock)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        """Add, then tell."""

        def tell() -> None:
            self.followers.publish(records)
            if finish is not None:
                self._rings.ring([lease.run_id])

        await self._writer.write(make_append(lease, records, finish, tell))

    async def tail(self, run_id: str) -> Tail:
        """Return the end of a log."""
        rows = await self._database.read(_TAIL, run_id)
        if not rows:
            raise _not_found(run_id)
        return Tail(epoch=rows[0]["tail_epoch"], seq=rows[0]["tail"], status=RunStatus(rows[0]["status"]))

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return records."""
        rows = await self._database.read(_READ, run_id, after, limit)
        if not rows:
            raise _not_found(run_id)
        return tuple(to_record(run_id, row) for row in rows if row["seq"] is not None)

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Replay, then live."""
        return self.followers.follow(run_id, after=after)

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        """Return what following asks for; all who ask meanwhile share one statement."""
        return await self._pages.submit(_Wish(run_id, after, records, size))

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the newest seqs."""
        rows = await self._database.read(_TAILS, list(run_ids))
        return {row["id"]: row["tail"] for row in rows}

    async def close(self) -> None:
        """End every follower."""
        await self.followers.close()
        await self._pages.close()

    async def _read_pages(self, batch: Sequence[_Wish]) -> Sequence[Page | Exception]:
        # Followers of one run are mostly at the same place.
        wishes = list(dict.fromkeys(batch))
        pages: dict[_Wish, Page | Exception] = {}
        for start in range(0, len(wishes), PAGES_AT_ONCE):
            pages |= await self._read_some(wishes[start : start + PAGES_AT_ONCE])
        return [pages[wish] for wish in batch]

    async def _read_some(self, wishes: Sequence[_Wish]) -> Mapping[_Wish, Page | Exception]:
        columns = ([getattr(wish, name) for wish in wishes] for name in ("run_id", "after", "records", "size"))
        rows: dict[int, list[Any]] = {number: [] for number in range(1, len(wishes) + 1)}
        for row in await self._database.read(_PAGES, *columns):
            rows[row["number"]].append(row)
        return {wish: _make_page(wish.run_id, rows[number]) for number, wish in enumerate(wishes, 1)}


def _make_page(run_id: str, rows: Sequence[Any]) -> Page | Exception:
    if not rows:
        return _not_found(run_id)
    records = tuple(to_record(run_id, row) for row in rows if row["seq"] is not None)
    has_more = bool(records) and records[-1].seq < rows[0]["tail"]
    return Page(records=records, has_more=has_more, is_over=RunStatus(rows[0]["status"]).is_terminal)


def _not_found(run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"There is no run {run_id}.")
