"""Logs in Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.stores.follow import Page
from adapters.stores.redis.packing import to_text
from adapters.stores.redis.row import to_records
from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from adapters.stores.shared_log import Wish
from domain.run.model import Record, RunStatus, Tail

PAGES_AT_ONCE = 20


class RedisLogs:
    """Streams, read by scripts."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def read_tails(self, run_ids: Sequence[str]) -> Mapping[str, Tail]:
        """Look at the runs."""
        with repeatable():
            rows = await self._server.run("tails", run_ids)
        return {
            run_id: Tail(epoch=row[1], seq=row[0], status=RunStatus(to_text(row[2])))
            for run_id, row in zip(run_ids, rows, strict=True)
            if row is not None
        }

    async def read(self, run_id: str, *, after: int, limit: int) -> tuple[Record, ...] | None:
        """Read a page of any size."""
        with repeatable():
            (row,) = await self._server.run("read", [(run_id, after, limit, None)])
        return None if row is None else to_records(run_id, row[2], row[3], after=after)

    async def read_pages(self, wishes: Sequence[Wish]) -> Sequence[Page | None]:
        """Read pages in one call."""
        asked = [(wish.run_id, wish.after, wish.records, wish.size) for wish in wishes]
        with repeatable():
            rows = await self._server.run("read", asked)
        return [row and _make_page(wish, row) for wish, row in zip(wishes, rows, strict=True)]


def _make_page(wish: Wish, row: Sequence[Any]) -> Page:
    tail, status, heads, data = row
    records = to_records(wish.run_id, heads, data, after=wish.after)
    has_more = bool(records) and records[-1].seq < tail
    return Page(records=records, has_more=has_more, is_over=RunStatus(to_text(status)).is_terminal)
