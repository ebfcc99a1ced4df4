"""One open file: its writer, its readers and the lock of who serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, nullcontext
from pathlib import Path
from typing import TypeVar

import apsw
from attrs import frozen

from adapters.stores.sqlite.connection import check_library, connect, make_file, use_wal
from adapters.stores.sqlite.fault import explained
from adapters.stores.sqlite.lock import ServingLock
from adapters.stores.sqlite.readers import Readers
from adapters.stores.sqlite.schema import is_current, migrate
from adapters.stores.sqlite.writer import Writer, ignore
from domain.errors import StoreUnavailableError

Result = TypeVar("Result")


@frozen
class Database:
    """Where reads and writes go."""

    writer: Writer
    readers: Readers

    async def write(
        self, apply: Callable[[apsw.Connection], Result], landed: Callable[[Result], None] = ignore
    ) -> Result:
        """Do what `Writer.write` does."""
        return await self.writer.write(apply, landed)

    async def read(self, look: Callable[[apsw.Connection], Result]) -> Result:
        """Do what `Readers.read` does."""
        return await self.readers.read(look)


@asynccontextmanager
async def open_database(path: Path, *, is_serving: bool, failpoint: Callable[[str], None]) -> AsyncIterator[Database]:
    """Open the file, making it where it is missing.

    Raises:
        StoreRefusedError: Another process serves it, it is newer than this program, or SQLite is too old.
        StoreUnavailableError: It can't be opened.
        StoreError: It is damaged.
    """
    async with AsyncExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="galley-writer"))
        connection, lock = await asyncio.get_running_loop().run_in_executor(thread, _prepare, path, is_serving)
        if lock is not None:
            stack.callback(lock.close)
        writer = Writer(connection, thread, failpoint)
        stack.push_async_callback(writer.close)
        readers = Readers(path)
        stack.push_async_callback(readers.close)
        yield Database(writer, readers)


def _prepare(path: Path, is_serving: bool) -> tuple[apsw.Connection, ServingLock | None]:
    check_library(apsw.sqlite_lib_version())
    with ExitStack() as stack, explained():
        try:
            make_file(path)
            lock = ServingLock(path) if is_serving else None
        except OSError as error:
            raise StoreUnavailableError("The store's folder can't be written; check its permissions.") from error
        if lock is not None:
            stack.callback(lock.close)
        connection = _connect_and_migrate(path, is_serving)
        stack.pop_all()
    return connection, lock


def _connect_and_migrate(path: Path, is_serving: bool) -> apsw.Connection:
    db = connect(path, may_write=True)
    with ExitStack() as stack:
        stack.callback(db.close)
        # Nobody may be serving an older version while its tables change.
        guard = nullcontext() if is_current(db) or is_serving else closing(ServingLock(path))
        with guard:
            use_wal(db)
            migrate(db)
        stack.pop_all()
    return db
