"""The one connection of a process that hears what the others did, and that notices when it hears nothing any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

from adapters.stores.notice import CHANNEL
from adapters.stores.postgresql.connection import Connection, connect

PROBE_EVERY_SECONDS = 2.0
PROBE_SECONDS = 1.5
"""A connection that is dead without a word is noticed within both together."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Listener:
    """Listens until it is closed, on one connection after another.

    `heard` gets each payload; `deaf_ended` is called after every new LISTEN, because what was said before is lost. Its
    pauses are real time whatever clock a store has: networks have no other.
    """

    def __init__(self, url: str, *, heard: Callable[[str], None], deaf_ended: Callable[[], None]) -> None:
        self._url = url
        self._heard = heard
        self._deaf_ended = deaf_ended
        self._is_listening = False
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether it hears what the others do, as far as it knows."""
        return self._is_listening

    def start(self) -> None:
        """Begin to listen, in a task of its own."""
        self._task = asyncio.create_task(self._listen_for_ever(), name="listener")

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _listen_for_ever(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            with suppress(*_FAILURES):
                connection = await connect(self._url)
                try:
                    pause = FIRST_PAUSE_SECONDS
                    await self._listen(connection)
                finally:
                    self._is_listening = False
                    connection.terminate()
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    async def _listen(self, connection: Connection) -> None:
        """Return when the connection is gone; a probe that fails raises."""
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(CHANNEL, self._hear)
        self._is_listening = True
        self._deaf_ended()
        while not gone.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), PROBE_EVERY_SECONDS)
                return
            # The kernel's keepalives can't tell a server that stands still from one that has nothing to say.
            await connection.execute("SELECT 1", timeout=PROBE_SECONDS)

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        self._heard(payload)
