"""The one connection of a process that listens to what the others say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg

from adapters.stores.notice import CHANNEL
from adapters.stores.postgresql.connection import connect

PROBE_EVERY_SECONDS = 2.0
PROBE_SECONDS = 1.5
"""A connection that is dead without a word is noticed within both together."""


class PostgresqlEar:
    """Listens with LISTEN."""

    failures: tuple[type[Exception], ...] = (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        OSError,
        TimeoutError,
    )

    def __init__(self, url: str) -> None:
        self._url = url

    async def listen(self, *, began: Callable[[], None], heard: Callable[[str], None]) -> None:
        """Return when the connection is gone; a probe that fails raises."""
        connection = await connect(self._url)
        try:
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(CHANNEL, lambda _connection, _pid, _channel, payload: heard(payload))
            began()
            while not gone.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), PROBE_EVERY_SECONDS)
                    return
                # The kernel's keepalives can't tell a server that stands still from one that has nothing to say.
                await connection.execute("SELECT 1", timeout=PROBE_SECONDS)
        finally:
            connection.terminate()
