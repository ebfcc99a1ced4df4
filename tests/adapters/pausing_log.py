"""A log whose reads take their time, for the tests of following."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import aclosing

from adapters.clock import settle
from adapters.stores.follow import Followers, Page
from domain.errors import RunNotFoundError, StoreUnavailableError
from domain.run.model import Record
from tests.contract.store import make_record


class PausingLog:
    """A log of one run whose reads take some turns of the loop before and after they look."""

    def __init__(self, pauses: tuple[int, int] = (0, 0)) -> None:
        self.records: list[Record] = []
        self.pauses = pauses
        self.pages_read = 0
        self.tails_read = 0
        self.is_broken = False
        self.is_gone = False

    async def read_page(self, run_id: str, *, after: int, records: int, size: int) -> Page:
        self.pages_read += 1
        await settle(self.pauses[0])
        if self.is_gone:
            raise RunNotFoundError("There is no such run.")
        found = tuple(self.records[after : after + records])
        has_more = after + len(found) < len(self.records)
        await settle(self.pauses[1])
        return Page(records=found, has_more=has_more, is_over=False)

    async def read_tails(self, run_ids: Collection[str]) -> Mapping[str, int]:
        self.tails_read += 1
        if self.is_broken:
            raise StoreUnavailableError("Try again.")
        return {} if self.is_gone else dict.fromkeys(run_ids, len(self.records))

    def add(self, count: int, *, kind: str = "delta", data: bytes = b"") -> list[Record]:
        first = len(self.records) + 1
        added = [make_record("run-1", seq, kind=kind, data=data) for seq in range(first, first + count)]
        self.records += added
        return added


async def collect(followers: Followers, after: int = 0) -> list[int]:
    async with asyncio.timeout(20), aclosing(followers.follow("run-1", after=after)) as pages:
        return [record.seq async for page in pages for record in page]
