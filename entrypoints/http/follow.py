"""Following runs: one engine for every stream, whatever its protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager

import structlog

from domain.errors import GalleyError
from domain.run.events import TERMINAL_TYPES
from domain.run.model import Record
from domain.user import Principal
from entrypoints.http.feed import Control, Feed, Item
from entrypoints.http.vigil import keep_vigil
from entrypoints.services import Services

Batch = list[Item]


async def follow_run(
    services: Services,
    run_id: str,
    *,
    after: int = 0,
    principal: Principal | None = None,
    seconds: float | None = None,
    is_reset: bool = False,
) -> AsyncGenerator[Batch, None]:
    """Yield what the run's log holds behind seq `after`, then what is added, each time all that is ready.

    Controls stand between the records: `reset` first where `is_reset`, heartbeats in silence, `draining` when this
    process goes away, `auth_expiring` before the principal's token ends, and with it the stream. It ends after the
    terminal record, or after `seconds`. The run counts as followed for as long as this is open; close it.
    """
    feed = Feed(services.clock)
    if is_reset:
        feed.push([Control("reset")])

    async def read() -> None:
        await pump(services, feed, run_id, after=after)
        feed.end()

    async with tended(services, feed, lambda: (run_id,), principal, seconds) as tasks:
        tasks.add(read())
        while batch := await feed.take():
            yield batch


async def wait_for_end(services: Services, run_id: str, *, seconds: float | None = None) -> Record | None:
    """Return the run's terminal record once there is one, or None after `seconds` or when this process goes away."""
    tail = await services.log.tail(run_id)
    after = tail.seq - 1 if tail.status.is_terminal else tail.seq
    async with aclosing(follow_run(services, run_id, after=after, seconds=seconds)) as batches:
        async for batch in batches:
            for item in batch:
                if isinstance(item, Record) and item.type in TERMINAL_TYPES:
                    return item
    return None


async def pump(services: Services, feed: Feed, run_id: str, *, after: int) -> None:
    """Move a log's records into the feed until the run's end, no more than a slow reader may have waiting."""
    last: Sequence[Record] = ()
    reason = "log_closed"
    try:
        async with aclosing(services.log.follow(run_id, after=after)) as pages:
            async for last in pages:
                feed.push(last)
                await feed.wait_for_room()
    except GalleyError as error:
        reason = error.code
        structlog.get_logger().warning("stream broke", run_id=run_id, code=error.code)
    if not last or last[-1].type not in TERMINAL_TYPES:
        # Once a stream is open, a store that fails is a reason to come again and not an event of the run.
        feed.push([Control("draining", {"reason": reason})])
        feed.end()


class StreamTasks:
    """The tasks of one stream: they end with it, and it ends when one of them breaks."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._running: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    def add(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Begin a task; cancelling it ends it alone."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._leave)
        return task

    def _leave(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fault = fault
            self._feed.end()

    async def close(self) -> None:
        """End every task; raise what broke one of them."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._fault is not None:
            raise self._fault


@asynccontextmanager
async def tended(
    services: Services,
    feed: Feed,
    runs: Callable[[], Iterable[str]],
    principal: Principal | None,
    seconds: float | None = None,
) -> AsyncIterator[StreamTasks]:
    """Let time, a drain and the end of the principal's token reach the feed, and the runs count as followed."""
    tasks = StreamTasks(feed)
    tasks.add(keep_vigil(services, feed, runs, principal, seconds))
    tasks.add(_end_on_drain(services, feed))
    try:
        yield tasks
    finally:
        await tasks.close()


async def _end_on_drain(services: Services, feed: Feed) -> None:
    await services.drain.wait()
    feed.push([Control("draining")])
    feed.end()
