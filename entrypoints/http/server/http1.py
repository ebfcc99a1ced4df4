"""Hypercorn's HTTP/1.1 made strict about what it reads and honest to an app whose peer has gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import h11
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.config import Config
from hypercorn.events import Closed, Event
from hypercorn.protocol.events import EndBody, Response, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope

from entrypoints.http.server.grammar import ChunkedBody, check_head
from entrypoints.http.server.peer import PeerGoneError, Turn

ABNORMAL_CLOSURE = 1006

_ANSWERED = {h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR}


class StrictConnection(h11.Connection):
    """h11 that refuses every message which another HTTP parser could read differently."""

    def __init__(self, *, max_head_bytes: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=max_head_bytes)
        self._max_head_bytes = max_head_bytes
        self._chunked: ChunkedBody | None = None
        self._unjudged = b""

    def receive_data(self, data: bytes) -> None:
        """Add what the peer sent; `next_event` judges it."""
        super().receive_data(data)
        if self._chunked is not None:
            self._unjudged += data

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """h11's next event, once the bytes behind it are found sound."""
        if self.their_state is h11.IDLE:
            check_head(self.trailing_data[0], self._max_head_bytes)
        elif self._chunked is not None:
            self._chunked.feed(self._unjudged)
            self._unjudged = b""
        event = super().next_event()
        if isinstance(event, h11.Request):
            return self._begin(event)
        return event

    def _begin(self, request: h11.Request) -> h11.Request:
        names = [name for name, _ in request.headers]
        if b"transfer-encoding" in names:
            self._chunked = ChunkedBody()
            self._unjudged = self.trailing_data[0]
        if b"sec-websocket-extensions" in names:
            return _without_compression(request)
        return request


def _without_compression(request: h11.Request) -> h11.Request:
    """Of a WebSocket: 64 kB of frames may inflate to 64 MB before Hypercorn measures the message."""
    kept = [(name, value) for name, value in request.headers if name != b"sec-websocket-extensions"]
    return h11.Request(method=request.method, headers=kept, target=request.target, http_version=request.http_version)


class Http1(H11Protocol):
    """Hypercorn's protocol with our parser, without a way to HTTP/2."""

    def __init__(self, *args: Any, turn: Turn, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection = StrictConnection(max_head_bytes=self.config.h11_max_incomplete_size)
        self.can_read = turn
        self.is_refused = False

    async def _check_protocol(self, event: h11.Request) -> None:
        """Stay with HTTP/1.1: an `Upgrade: h2c` may be ignored (RFC 9110, section 7.8), `PRI` is no request."""

    async def handle(self, event: Event) -> None:
        """Take the peer's bytes; a WebSocket's end at the first message that is too big."""
        await super().handle(event)
        if isinstance(self.stream, WSStream) and self.stream.buffer.length > self.stream.buffer.max_length:
            # Hypercorn has sent 1009, and would keep all that the peer goes on to send.
            self.is_refused = True
            await self._close_stream()
            await self.send(Closed())

    async def stream_send(self, event: StreamEvent) -> None:
        """Send for the app, unless its request has been refused meanwhile.

        Raises:
            PeerGoneError: The peer had its answer, a refusal, or does not read.
        """
        if self.connection.our_state in _ANSWERED and not isinstance(event, StreamClosed):
            raise PeerGoneError
        if isinstance(event, Response) and event.status_code >= 200 and self.context.terminated.is_set():
            event = replace(event, headers=[*event.headers, (b"connection", b"close")])
        await super().stream_send(event)
        if isinstance(event, EndBody) and isinstance(self.connection, H11WSConnection):
            # An upgrade that was refused: Hypercorn says so, and would leave the connection open.
            await self.send(Closed())


class AppTasks(TaskGroup):
    """The tasks of one connection; they end with their peer, where Hypercorn would let some of them go on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._put: Callable[[ASGIReceiveEvent], Awaitable[None]] | None = None
        self._gone: ASGIReceiveEvent

    async def spawn_app(
        self,
        app: AppWrapper,
        config: Config,
        scope: Scope,
        send: Callable[[ASGISendEvent | None], Awaitable[None]],
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Start the app; one that sends to nobody is cancelled. Returns what puts a message into its `receive`."""

        async def send_or_end(message: ASGISendEvent | None) -> None:
            try:
                await send(message)
            except ConnectionError:
                if message is not None:
                    raise asyncio.CancelledError from None

        self._put = await super().spawn_app(app, config, scope, send_or_end)
        if scope["type"] == "websocket":
            self._gone = {"type": "websocket.disconnect", "code": ABNORMAL_CLOSURE}
        else:
            self._gone = {"type": "http.disconnect"}
        return self._put

    async def tell_gone(self) -> None:
        """Tell the last app of its peer's disconnect; of a WebSocket that it refused itself Hypercorn does not."""
        if self._put is not None:
            await self._put(self._gone)
