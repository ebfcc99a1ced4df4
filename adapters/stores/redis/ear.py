"""The one connection of a process that subscribes to what the others say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from adapters.stores.redis.connection import Access
from adapters.stores.redis.fault import FAILURES
from adapters.stores.redis.packing import to_text
from adapters.stores.redis.server import Server
from domain.errors import StoreError

CHANNEL = b"{galley}:bell"
PROBE_EVERY_SECONDS = 2.0
PROBE_SECONDS = 1.5
"""A connection that is dead without a word is noticed within both together."""


class RedisEar:
    """Listens with SUBSCRIBE, where Galley's keys are."""

    failures: tuple[type[Exception], ...] = (StoreError, *FAILURES)

    def __init__(self, access: Access, server: Server) -> None:
        self._access = access
        self._server = server

    async def listen(self, *, began: Callable[[], None], heard: Callable[[str], None]) -> None:
        """Hear until the connection breaks, or is silent in spite of a probe; both raise."""
        connection = self._access.make_connection(await self._server.find())
        try:
            await connection.connect()
            async with asyncio.timeout(PROBE_SECONDS):
                await connection.send_command("SUBSCRIBE", CHANNEL)
                await connection.read_response()
            began()
            while True:
                kind, *_, payload = await _read(connection)
                if kind == b"message":
                    heard(to_text(payload))
        finally:
            await connection.disconnect(nowait=True)


async def _read(connection: Any) -> Any:
    reading = asyncio.create_task(connection.read_response())
    try:
        # The kernel's keepalives can't tell a server that stands still from one that has nothing to say.
        if not (await asyncio.wait({reading}, timeout=PROBE_EVERY_SECONDS))[0]:
            async with asyncio.timeout(PROBE_SECONDS):
                await connection.send_command("PING")
                await asyncio.wait({reading})
    finally:
        reading.cancel()
        await asyncio.wait({reading})
    return reading.result()
