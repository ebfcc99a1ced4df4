"""Logs in Redis."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Any

from attrs import frozen

from adapters.stores.follow import Followers, Page
from adapters.stores.group_commit import GroupCommitter
from adapters.stores.redis.fault import repeatable
from adapters.stores.redis.packing import to_text
from adapters.stores.redis.row import to_records
from adapters.stores.redis.server import Server
from adapters.stores.redis.writer import RedisWriter
from adapters.stores.ring import Rings
from adapters.stores.writing import make_append
from domain.errors import RunNotFoundError
from domain.ports import Clock
from domain.run.model import Finish, Lease, Record, RunStatus, Tail

PAGES_AT_ONCE = 20


@frozen
class _Wish:
    run_id: str
    after: int
    records: int
    size: int | None


class RedisRunLog:
    """`RunLog` in Redis; what this process appends goes to its followers without being read again."""

    def __init__(self, server: Server, writer: RedisWriter, rings: Rings, clock: Clock) -> None:
        self._server = server
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
        (tail,) = await self._read_tails([run_id])
        if tail is None:
            raise _not_found(run_id)
        return Tail(epoch=tail[1], seq=tail[0], status=RunStatus(to_text(tail[2])))

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return records."""
        with repeatable():
            (row,) = await self._server.run("read", [(run_id, after, limit, None)])
        if row is None:
            raise _not_found(run_id)
        return to_records(run_id, row[2], row[3], after=after)

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Replay, then live."""
        return self.followers.follow(run_id, after=after)

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        """Return what following asks for; all who ask meanwhile share one call."""
        return await self._pages.submit(_Wish(run_id, after, records, size))

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the newest seqs."""
        asked = list(run_ids)
        tails = await self._read_tails(asked)
        return {run_id: tail[0] for run_id, tail in zip(asked, tails, strict=True) if tail is not None}

    async def close(self) -> None:
        """End every follower."""
        await self.followers.close()
        await self._pages.close()

    async def _read_tails(self, run_ids: Sequence[str]) -> Sequence[Any]:
        with repeatable():
            tails: Sequence[Any] = await self._server.run("tails", run_ids)
        return tails

    async def _read_pages(self, batch: Sequence[_Wish]) -> Sequence[Page | Exception]:
        # Followers of one run are mostly at the same place.
        wishes = list(dict.fromkeys(batch))
        pages: dict[_Wish, Page | Exception] = {}
        for start in range(0, len(wishes), PAGES_AT_ONCE):
            some = wishes[start : start + PAGES_AT_ONCE]
            asked = [(wish.run_id, wish.after, wish.records, wish.size) for wish in some]
            with repeatable():
                rows = await self._server.run("read", asked)
            pages |= {wish: _make_page(wish, row) for wish, row in zip(some, rows, strict=True)}
        return [pages[wish] for wish in batch]


def _make_page(wish: _Wish, row: Sequence[Any] | None) -> Page | Exception:
    if row is None:
        return _not_found(wish.run_id)
    tail, status, heads, data = row
    records = to_records(wish.run_id, heads, data, after=wish.after)
    has_more = bool(records) and records[-1].seq < tail
    return Page(records=records, has_more=has_more, is_over=RunStatus(to_text(status)).is_terminal)


def _not_found(run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"There is no run {run_id}.")
