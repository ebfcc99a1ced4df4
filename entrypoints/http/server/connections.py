"""The open connections of a server: how they begin, drain and end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from entrypoints.http.server.config import LOGGER
from entrypoints.http.server.connection import Connection
from entrypoints.http.server.listener import connection_limit, turn_away
from entrypoints.http.server.peer import open_peer
from entrypoints.http.server.shared import Shared

SETTLE_SECONDS = 0.2


class Connections:
    """Every connection has a task here, from accept to the end of its socket."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._limit = connection_limit(shared.config)
        self._is_full = False
        self._open: dict[asyncio.Task[None], Connection | None] = {}

    def welcome(self, sock: socket.socket) -> None:
        """Serve an accepted socket, or turn it away when there are too many."""
        if len(self._open) >= self._limit:
            self._tell_that_it_is_full()
            turn_away(sock, plain=self._shared.tls is None)
            return
        self._is_full = self._is_full and len(self._open) > self._limit * 0.9
        task = asyncio.create_task(self._converse(sock))
        self._open[task] = None
        task.add_done_callback(self._open.pop)

    async def drain(self, on_drain: Callable[[], Awaitable[None]], seconds: float, hurried: asyncio.Event) -> None:
        """Close who waits, then give the others and `on_drain` so many seconds, or until `hurried`."""
        for task, connection in list(self._open.items()):
            if connection is None:
                task.cancel()
            else:
                connection.close_idle()
        handing_over = asyncio.create_task(_logged(on_drain))
        ended = asyncio.create_task(asyncio.wait({handing_over, *self._open}))
        hurry = asyncio.create_task(hurried.wait())
        await asyncio.wait({ended, hurry}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting: set[asyncio.Task[Any]] = {handing_over, ended, hurry}
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting, timeout=SETTLE_SECONDS)

    async def end(self) -> None:
        """Abort what is open; the app hears of its peers' disconnect, then, if it does not end, is cancelled."""
        for connection in self._open.values():
            if connection is not None:
                connection.abort()
        for _ in range(2):
            if self._open:
                await asyncio.wait(self._open, timeout=SETTLE_SECONDS)
            for task in self._open:
                task.cancel()
        if self._open:
            LOGGER.error("%d requests did not end when they were cancelled.", len(self._open))

    def _tell_that_it_is_full(self) -> None:
        """Once, until a tenth of the connections has gone again: who fills them should not fill the log too."""
        if not self._is_full:
            LOGGER.warning("%d connections are open, as many as may be; more are turned away.", len(self._open))
        self._is_full = True

    async def _converse(self, sock: socket.socket) -> None:
        unanswered = self._shared.config.write_timeout_seconds
        try:
            peer = await open_peer(sock, self._shared.tls, unanswered_seconds=unanswered)
        except OSError:
            return
        connection = Connection(peer, self._shared)
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = connection
        try:
            await connection.run()
        except Exception:
            LOGGER.exception("A connection broke.")


async def _logged(on_drain: Callable[[], Awaitable[None]]) -> None:
    try:
        await on_drain()
    except Exception:
        LOGGER.exception("The drain failed; open streams end at the end of the grace.")
