"""One end of a web socket to the service in memory, and what it has been told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from quart.testing.connections import TestWebsocketConnection, WebsocketDisconnectError

from adapters.clock import settle
from tests.entrypoints.arrangement import House


class Talk:
    """What came is in `told`; `code` is the close code once the service has closed."""

    def __init__(self, connection: TestWebsocketConnection) -> None:
        self.connection = connection
        self.told: list[dict[str, Any]] = []
        self.code: int | None = None

    async def say(self, **message: Any) -> list[dict[str, Any]]:
        """Send a message; return what comes of it."""
        return await self.send(json.dumps(message))

    async def send(self, message: str | bytes) -> list[dict[str, Any]]:
        """Send whatever; return what comes of it."""
        await self.connection.send(message)
        return await self.hear()

    async def hear(self) -> list[dict[str, Any]]:
        """Return what has come since the last time, once nothing more comes without time passing."""
        await settle()
        news: list[dict[str, Any]] = []
        queue = self.connection._receive_queue
        while not queue.empty():
            piece = queue.get_nowait()
            if isinstance(piece, WebsocketDisconnectError):
                self.code = piece.args[0]
            elif isinstance(piece, Exception):
                raise piece
            else:
                news.append(json.loads(piece))
        self.told += news
        return news


@asynccontextmanager
async def open_talk(house: House, headers: Mapping[str, str] | None = None, **more: str) -> AsyncIterator[Talk]:
    """Open a socket, with the token of those headers as the first message; `more` are headers of its request."""
    async with house.app.test_client().websocket("/ws", headers=more) as connection:
        talk = Talk(connection)
        await talk.hear()
        if headers is not None:
            await talk.say(type="auth", token=headers["Authorization"].removeprefix("Bearer "))
        yield talk
