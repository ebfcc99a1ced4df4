"""The logs of an engine that many processes share: one writer, and pages read together for all who ask at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from attrs import frozen

from adapters.stores.follow import Followers, Page
from adapters.stores.group_commit import GroupCommitter
from adapters.stores.ring import Rings
from adapters.stores.writing import Append, make_append
from domain.errors import RunNotFoundError
from domain.ports import Clock
from domain.run.model import Finish, Lease, Record, Tail


@frozen
class Wish:
    """A page behind seq `after`, cut at that many records or where their data passes `size` bytes."""

    run_id: str
    after: int
    records: int
    size: int


class LogEngine(Protocol):
    """What logs need of an engine; each method may raise StoreUnavailableError, which is worth retrying."""

    async def read_tails(self, run_ids: Sequence[str]) -> Mapping[str, Tail]:
        """Return the tails of those runs that exist."""
        ...

    async def read(self, run_id: str, *, after: int, limit: int) -> tuple[Record, ...] | None:
        """Return the records behind seq `after`; None where there is no run."""
        ...

    async def read_pages(self, wishes: Sequence[Wish]) -> Sequence[Page | None]:
        """Return the pages, None where there is no run. A page that is over holds all that will ever be there."""
        ...


class Writer(Protocol):
    """What writes appends in the order in which they are asked for."""

    async def write(self, write: Append) -> None:
        """Return once it is durable."""
        ...


class SharedRunLog:
    """`RunLog` for many processes; what this one appends goes to its followers without being read again."""

    def __init__(self, engine: LogEngine, writer: Writer, rings: Rings, clock: Clock, *, pages_at_once: int) -> None:
        self._engine = engine
        self._writer = writer
        self._rings = rings
        self._pages_at_once = pages_at_once
        self._pages: GroupCommitter[Wish, Page] = GroupCommitter(self._read_pages)
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
        tails = await self._engine.read_tails([run_id])
        if run_id not in tails:
            raise _not_found(run_id)
        return tails[run_id]

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return records."""
        records = await self._engine.read(run_id, after=after, limit=limit)
        if records is None:
            raise _not_found(run_id)
        return records

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Replay, then live."""
        return self.followers.follow(run_id, after=after)

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        """Return what following asks for; all who ask meanwhile are answered together."""
        return await self._pages.submit(Wish(run_id, after, records, size))

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the newest seqs."""
        return {run_id: tail.seq for run_id, tail in (await self._engine.read_tails(list(run_ids))).items()}

    async def close(self) -> None:
        """End every follower."""
        await self.followers.close()
        await self._pages.close()

    async def _read_pages(self, batch: Sequence[Wish]) -> Sequence[Page | Exception]:
        # Followers of one run are mostly at the same place.
        wishes = list(dict.fromkeys(batch))
        pages: dict[Wish, Page | None] = {}
        for start in range(0, len(wishes), self._pages_at_once):
            some = wishes[start : start + self._pages_at_once]
            pages |= zip(some, await self._engine.read_pages(some), strict=True)
        return [pages[wish] or _not_found(wish.run_id) for wish in batch]


def _not_found(run_id: str) -> RunNotFoundError:
    return RunNotFoundError(f"There is no run {run_id}.")
