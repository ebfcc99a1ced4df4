"""The one connection of a process that hears what the others did, and that notices when it hears nothing any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
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
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


class Listener:
    """Listens until it is closed, on one connection after another.

    `heard` gets each payload; `deaf_ended` is called after every new SUBSCRIBE, because what was said before is lost.
    Its pauses are real time whatever clock a store has: networks have no other.
    """

    def __init__(
        self, access: Access, server: Server, *, heard: Callable[[str], None], deaf_ended: Callable[[], None]
    ) -> None:
        self._access = access
        self._server = server
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
            with suppress(StoreError, *FAILURES):
                connection = self._access.make_connection(await self._server.find())
                try:
                    await connection.connect()
                    async with asyncio.timeout(PROBE_SECONDS):
                        await connection.send_command("SUBSCRIBE", CHANNEL)
                        await connection.read_response()
                    pause = FIRST_PAUSE_SECONDS
                    await self._listen(connection)
                finally:
                    self._is_listening = False
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    async def _listen(self, connection: Any) -> None:
        """Hear until the connection breaks, or is silent in spite of a probe; both raise."""
        self._is_listening = True
        self._deaf_ended()
        while True:
            hearing = asyncio.create_task(connection.read_response())
            try:
                # The kernel's keepalives can't tell a server that stands still from one that has nothing to say.
                if not (await asyncio.wait({hearing}, timeout=PROBE_EVERY_SECONDS))[0]:
                    async with asyncio.timeout(PROBE_SECONDS):
                        await connection.send_command("PING")
                        await asyncio.wait({hearing})
            finally:
                hearing.cancel()
                await asyncio.wait({hearing})
            kind, *_, payload = hearing.result()
            if kind == b"message":
                self._heard(to_text(payload))
