"""Following all live runs of one user over one stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import define, evolve, field

from domain.errors import RunNotFoundError, StoreError
from domain.run.model import LIVE_STATUSES, RunQuery, StoredRun
from domain.user import Principal
from entrypoints.http.cursor import Cursor
from entrypoints.http.feed import Control, Feed
from entrypoints.http.follow import Batch, StreamTasks, pump, tended
from entrypoints.http.position import locate
from entrypoints.http.vector import Vector
from entrypoints.ownership import can_see
from entrypoints.services import Services

LOOK_SECONDS = 1.0
CLOCK_SKEW = timedelta(seconds=5)
"""By how much the clocks of two processes may differ, and how late a transaction may become visible."""

PAGE = 50
MOST_PAGES = 10


@define(eq=False)
class Reached:
    """How far a stream of many runs has come; a vector made of it loses nothing, whenever it is made.

    `cursors` holds every run that is not over, also those of the old vector that were not joined yet. Runs created
    since `unseen_since` may be missing; None: of those that exist none is.
    """

    cursors: dict[str, Cursor] = field(factory=dict)
    unseen_since: datetime | None = None


async def follow_all(
    services: Services, principal: Principal, vector: Vector | None, reached: Reached
) -> AsyncGenerator[Batch, None]:
    """Yield what happens in the principal's live runs, later ones too, until the token's end or a drain.

    With a vector it goes on from there: runs that ended or started since then are told of as well. Every run that is
    joined is put into `reached`, at its beginning or where the vector says; moving and removing is the caller's, who
    knows what was sent. Controls stand between the records as in `follow_run`; a `reset` names its run.
    """
    feed = Feed(services.clock)
    reached.cursors |= {} if vector is None else vector.cursors
    reached.unseen_since = services.clock.now() if vector is None else vector.time
    runs = _Runs(services=services, principal=principal, feed=feed, reached=reached)
    async with tended(services, feed, lambda: runs.open, principal) as tasks:
        with services.arrivals.listen(principal.user_id, lambda run_id: runs.join(tasks, run_id)):
            tasks.add(runs.look(tasks, vector))
            while batch := await feed.take():
                yield batch


@define(kw_only=True, eq=False)
class _Runs:
    """The runs of one stream: those being followed, and those that were lately seen to exist."""

    services: Services
    principal: Principal
    feed: Feed
    reached: Reached
    open: set[str] = field(factory=set)
    _seen: set[str] = field(factory=set)

    async def look(self, tasks: StreamTasks, vector: Vector | None) -> None:
        """Join what the vector names and what is live, then look for new runs every second, for ever."""
        since = (self.services.clock.now() if vector is None else vector.time) - CLOCK_SKEW
        try:
            if vector is None:
                self._seen |= {run.id for run in await self._list_created(since) if run.status.is_terminal}
            else:
                await self._go_on(tasks, vector)
            for run in await self._list(RunQuery(owner=self.principal.user_id, statuses=LIVE_STATUSES, limit=PAGE)):
                self.join(tasks, run.id)
        except StoreError as error:
            self.feed.push([Control("draining", {"reason": error.code})])
            self.feed.end()
        while True:
            with suppress(StoreError):
                since = await self._join_created(tasks, since)
                self.reached.unseen_since = None
            await self.services.clock.sleep(LOOK_SECONDS)

    def join(self, tasks: StreamTasks, run_id: str, cursor: Cursor | None = None, *, is_reset: bool = False) -> None:
        """Follow a run unless it was joined before."""
        if run_id in self._seen:
            return
        self._seen.add(run_id)
        self.open.add(run_id)
        if is_reset:
            self.feed.push([Control("reset", {"run_id": run_id})])
        start = self.reached.cursors[run_id] = cursor or Cursor(run_id, 0, 0)
        tasks.add(self._follow(run_id, after=start.seq))

    async def _follow(self, run_id: str, *, after: int) -> None:
        try:
            await pump(self.services, self.feed, run_id, after=after)
        finally:
            self.open.discard(run_id)

    async def _go_on(self, tasks: StreamTasks, vector: Vector) -> None:
        for run_id, cursor in vector.cursors.items():
            with suppress(RunNotFoundError):
                run, _ = await self.services.runs.get(run_id)
                position = await locate(self.services, run_id, cursor)
                if can_see(self.principal, run) and not position.is_over:
                    self.join(tasks, run_id, None if position.is_reset else cursor, is_reset=position.is_reset)
            if run_id not in self._seen:
                del self.reached.cursors[run_id]

    async def _join_created(self, tasks: StreamTasks, since: datetime) -> datetime:
        """Join the runs created since then, live or not; return since when to look the next time."""
        now = self.services.clock.now()
        found = await self._list_created(since)
        for run in reversed(found):
            self.join(tasks, run.id)
        # Only these can be listed again: what else was seen needs no remembering, however long the stream is open.
        self._seen &= {run.id for run in found} | self.open
        return max(since, now - CLOCK_SKEW)

    async def _list_created(self, since: datetime) -> list[StoredRun]:
        return await self._list(RunQuery(owner=self.principal.user_id, limit=PAGE), since)

    async def _list(self, query: RunQuery, since: datetime | None = None) -> list[StoredRun]:
        found: list[StoredRun] = []
        for _ in range(MOST_PAGES):
            page = await self.services.runs.list(query)
            found += [run for run in page.runs if since is None or run.created_at >= since]
            if page.next is None or len(found) % PAGE:
                break
            query = evolve(query, after=page.next)
        return found
