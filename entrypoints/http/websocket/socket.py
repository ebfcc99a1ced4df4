"""The socket under a conversation: bounded on the way in, patient but not for ever on the way out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

from attrs import define
from quart import Websocket
from quart.asgi import ASGIWebsocketConnection

MOST_WAITING: Final = 2 * 1024 * 1024
MESSAGE_COST: Final = 512
"""What may wait to be answered, in characters, each message with so many more for its place in the queue."""

LAST_WORDS_SECONDS: Final = 1.0


class Mailbox(asyncio.Queue[Any]):
    """Messages that wait; what comes when it is full is thrown away, and the last one to be taken is OVERFLOW.

    It never makes the sender wait: Hypercorn, held up there, would not see the peer leave nor the app end.
    """

    OVERFLOW: Final = b""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = 0
        self._is_full = False

    async def put(self, item: Any) -> None:
        """Add a message, or note that it was one too many."""
        cost = len(item or "") + MESSAGE_COST
        if self._is_full:
            return
        self._is_full = self._waiting + cost > MOST_WAITING
        self._waiting += cost
        self.put_nowait(self.OVERFLOW if self._is_full else item)

    async def get(self) -> Any:
        """Return the next message."""
        item = await super().get()
        self._waiting -= len(item or "") + MESSAGE_COST
        return item


class BoundedConnection(ASGIWebsocketConnection):
    """Quart's, whose queue of messages would otherwise take whatever a peer sends."""

    def __init__(self, app: Any, scope: Any) -> None:
        super().__init__(app, scope)
        self.queue = Mailbox()


class SocketEndError(Exception):
    """The socket ends, with that close code (RFC 6455, section 7.4; from 4000 on ours) and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


AUTH_OVER: Final = 4401
TOO_SLOW: Final = 4408
GOING_AWAY: Final = 1001
NOT_TEXT: Final = 1003
TOO_MUCH: Final = 1008
FAULT: Final = 1011


@define(eq=False)
class Socket:
    """Text in, text out; `slow_seconds` is how long a peer may leave what was sent to it unread."""

    websocket: Websocket
    slow_seconds: float

    async def hear(self) -> str:
        """Return the next message.

        Raises:
            SocketEndError: It is not text, or more came than may wait.
        """
        message = await self.websocket.receive()
        if message == Mailbox.OVERFLOW:
            raise SocketEndError(TOO_MUCH, "Wait for answers before you send more.")
        if not isinstance(message, str):
            raise SocketEndError(NOT_TEXT, "Send text.")
        return message

    async def say(self, text: str) -> None:
        """Send a message; return once there is room for the next one.

        Raises:
            SocketEndError: The peer reads too slowly. What it was sent is whole: it can resume behind it.
        """
        try:
            async with asyncio.timeout(self.slow_seconds):
                await self.websocket.send(text)
        except TimeoutError:
            raise SocketEndError(TOO_SLOW, "Read faster, or follow fewer runs.") from None

    async def close(self, end: SocketEndError) -> None:
        """Say why it ends, without waiting for a peer that does not read."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await self.websocket.close(end.code, end.reason)
