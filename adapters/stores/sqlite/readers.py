"""Reading beside the writer: a few threads, each with its own connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from adapters.stores.sqlite.connection import connect
from adapters.stores.sqlite.fault import explained
from domain.errors import StoreUnavailableError

Result = TypeVar("Result")
READERS = 2


class Readers:
    """Reads see everything that was durable when they began."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.local()
        self._connections: list[apsw.Connection] = []
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="galley-reader")
        self._is_closed = False

    async def read(self, look: Callable[[apsw.Connection], Result]) -> Result:
        """Return what `look` returns, which runs in a reader's thread.

        Raises:
            StoreUnavailableError: The file can't be read now.
            StoreError: It is damaged.
        """
        if self._is_closed:
            raise StoreUnavailableError("The store is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, look)

    async def close(self) -> None:
        """Let the reads that are under way end, then close."""
        self._is_closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._connections:
            connection.close()

    def _look(self, look: Callable[[apsw.Connection], Result]) -> Result:
        with explained():
            return look(self._connection())

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = connect(self._path, may_write=False)
            self._connections.append(connection)
        return connection
