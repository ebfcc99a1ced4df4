"""Group commit: what is submitted while one flush is under way goes into the next one together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from domain.errors import AckLostError, StoreUnavailableError

Work = TypeVar("Work")
Answer = TypeVar("Answer")

PENDING_LIMIT = 1000


class GroupCommitter(Generic[Work, Answer]):
    """Turns many waiting submitters into one flush at a time, in the order of submission.

    `flush` answers each piece of work, in order; an answer that is an exception is raised for that submitter alone.
    When `flush` itself raises, everybody in the batch gets that exception. A submitter who gives up changes nothing for
    the others: the work is flushed all the same.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Work]], Awaitable[Sequence[Answer | Exception]]],
        *,
        pending_limit: int = PENDING_LIMIT,
    ) -> None:
        self._flush = flush
        self._room = asyncio.Semaphore(pending_limit)
        self._pending: list[tuple[Work, asyncio.Future[Answer]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._is_closed = False

    async def submit(self, work: Work) -> Answer:
        """Return the flush's answer; waits for room where too much is pending.

        Raises:
            AckLostError: The flush was torn down: whether the work was done is unknown.
            StoreUnavailableError: Closed.
        """
        await self._room.acquire()
        if self._is_closed:
            self._room.release()
            raise StoreUnavailableError("The store is closed.")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending.append((work, answer))
        if self._flushing is None:
            # An empty context: the flusher works for everybody, not for whoever happened to come first.
            self._flushing = asyncio.create_task(self._flush_all(), name="group-commit", context=Context())
        return await answer

    async def close(self) -> None:
        """Refuse what comes from now on and return when everything before is flushed."""
        self._is_closed = True
        if self._flushing is not None:
            await asyncio.wait({self._flushing})

    async def _flush_all(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending, []
                await self._flush_one(batch)
        finally:
            self._flushing = None
            left, self._pending = self._pending, []
            self._settle(left, [StoreUnavailableError("The store was closed before it wrote.")] * len(left))

    async def _flush_one(self, batch: list[tuple[Work, asyncio.Future[Answer]]]) -> None:
        answers: Sequence[Answer | Exception] = [AckLostError("The store was closed while it wrote.")] * len(batch)
        try:
            given = await self._flush([work for work, _ in batch])
            answers = [answer for _, answer in zip(batch, given, strict=True)]
        except Exception as error:
            answers = [error] * len(batch)
        finally:
            self._settle(batch, answers)

    def _settle(self, batch: list[tuple[Work, asyncio.Future[Answer]]], answers: Sequence[Answer | Exception]) -> None:
        for (_, future), answer in zip(batch, answers, strict=True):
            self._room.release()
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
