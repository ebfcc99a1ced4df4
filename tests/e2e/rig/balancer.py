"""A TCP proxy on loopback that sends each new connection to the next front that takes it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

from tests.e2e.rig.proxy import READ_BYTES, close, pump, stop
from tests.loopback import listening


class Balancer:
    """Passes bytes on, unchanged and at once; `ports` may change at any time and count for new connections.

    `newest` is the port to which the newest connection went.
    """

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.port = 0
        self.newest = 0
        self._next = 0
        self._listening = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.port = await self._listening.enter_async_context(listening(self._serve, limit=READ_BYTES))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._listening.aclose()

    @property
    def url(self) -> str:
        """The same as an address for HTTP clients."""
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = await self._connect()
        if found is None:
            return
        up_reader, up_writer = found
        async with AsyncExitStack() as stack:
            stack.push_async_callback(close, writer)
            stack.push_async_callback(close, up_writer)
            sender = asyncio.ensure_future(pump(reader, up_writer))
            stack.push_async_callback(stop, sender)
            await pump(up_reader, writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Try each front once, beginning behind the one that was tried last; None where none takes connections."""
        for _ in range(len(self.ports)):
            self._next = (self._next + 1) % len(self.ports)
            port = self.ports[self._next]
            with suppress(OSError):
                streams = await asyncio.open_connection("127.0.0.1", port, limit=READ_BYTES)
                self.newest = port
                return streams
        return None
