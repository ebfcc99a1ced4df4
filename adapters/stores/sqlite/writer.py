"""The one writer: a thread, a connection, and a transaction for all that was asked for while the last one ran."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import apsw
from attrs import define

from adapters.stores.group_commit import GroupCommitter
from adapters.stores.sqlite.fault import explain
from domain.errors import GalleyError, StoreRefusedError

Result = TypeVar("Result")
CHECKPOINT_PAGES = 4096


def ignore(_: object) -> None:
    """Do nothing when it has landed."""


@define(eq=False)
class _Write:
    apply: Callable[[apsw.Connection], Any]
    landed: Callable[[Any], None]


class Writer:
    """Whoever awaits `write` waits for the fsync that covers it.

    `failpoint` is called in the writer's thread at each boundary ("before_begin", "before_commit", "after_commit"); it
    is there for tests that end the process at one.
    """

    def __init__(self, db: apsw.Connection, thread: ThreadPoolExecutor, failpoint: Callable[[str], None]) -> None:
        self._db = db
        self._thread = thread
        self._failpoint = failpoint
        self._committer: GroupCommitter[_Write, Any] = GroupCommitter(self._flush)
        self._failure: StoreRefusedError | None = None
        self._wal_pages = 0
        self._checkpoint_at = CHECKPOINT_PAGES
        db.set_wal_hook(self._note_wal)

    @property
    def failure(self) -> StoreRefusedError | None:
        """Why nothing can be written until a restart; None while it can."""
        return self._failure

    async def write(
        self, apply: Callable[[apsw.Connection], Result], landed: Callable[[Result], None] = ignore
    ) -> Result:
        """Return what `apply` returns once that is durable.

        `apply` runs in the writer's thread and raises one of our errors only before it changes anything. `landed` runs
        in the loop as soon as it is durable, in the order of the writes, even when nobody waits any more.

        Raises:
            StoreUnavailableError: Nothing was written; worth retrying.
            AckLostError: Unknown: the loop is being torn down.
            StoreRefusedError: Nothing can be written until a restart.
        """
        result: Result = await self._committer.submit(_Write(apply, landed))
        return result

    async def close(self) -> None:
        """Write what is pending, move the log into the file and close."""
        await self._committer.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._shut)

    async def _flush(self, batch: Sequence[_Write]) -> Sequence[Any]:
        answers = await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, batch)
        for write, answer in zip(batch, answers, strict=True):
            if not isinstance(answer, Exception):
                write.landed(answer)
        if self._wal_pages >= self._checkpoint_at:
            self._thread.submit(self._checkpoint)
        return answers

    def _commit(self, batch: Sequence[_Write]) -> list[Any]:
        if self._failure is not None:
            return [self._failure] * len(batch)
        try:
            return self._transact(batch)
        except Exception as error:
            known = self._explain(error)
            if known is not None or len(batch) == 1:
                return [known or error] * len(batch)
        # One of them is at fault: each gets a transaction of its own, so that it fails alone.
        return [answer for write in batch for answer in self._commit([write])]

    def _transact(self, batch: Sequence[_Write]) -> list[Any]:
        self._failpoint("before_begin")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            answers = [self._apply(write) for write in batch]
            self._failpoint("before_commit")
            self._db.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        self._failpoint("after_commit")
        return answers

    def _apply(self, write: _Write) -> Any:
        try:
            return write.apply(self._db)
        except GalleyError as error:
            return error

    def _roll_back(self) -> None:
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except apsw.Error as error:
            self._explain(error)

    def _explain(self, error: Exception) -> Exception | None:
        known = explain(error) if isinstance(error, apsw.Error) else None
        if isinstance(known, StoreRefusedError):
            self._failure = known
        return known

    def _note_wal(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        # Here, and not in a thread of its own: nothing is written meanwhile, so it gets to the end of the log, which
        # starts again from its beginning then.
        if self._wal_pages < self._checkpoint_at or self._failure is not None:
            return
        try:
            pages, moved = self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            self._explain(error)
            pages, moved = self._wal_pages, 0
        self._checkpoint_at = CHECKPOINT_PAGES + (pages if moved < pages else 0)
        self._wal_pages = 0

    def _shut(self) -> None:
        try:
            if self._failure is None:
                self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            self._explain(error)
        finally:
            # Closing the last connection checkpoints as well, which must not happen with pages that nobody can trust.
            self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(self._failure is not None))
            self._db.close()
