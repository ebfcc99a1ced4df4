"""A receiver of webhooks on loopback, which answers as a test tells it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field, frozen

from tests.loopback import listening

PATIENCE_SECONDS = 30.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: int, *fields: str) -> bytes:
    """Return an answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {status} Answer", *fields, "Content-Length: 0", "", ""]).encode()


@frozen(kw_only=True)
class Received:
    """A request that came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


@define(kw_only=True)
class Receiver:
    """What has come, and where it is to be sent; `connections` counts those that said nothing, too."""

    port: int = 0
    connections: int = 0
    received: list[Received] = field(factory=list)
    _news: asyncio.Queue[Received] = field(factory=asyncio.Queue)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook?token=s3cret"

    async def next(self) -> Received:
        """Wait for the next request that was not waited for yet."""
        return await asyncio.wait_for(self._news.get(), PATIENCE_SECONDS)

    def _take(self, received: Received) -> None:
        self.received.append(received)
        self._news.put_nowait(received)


@asynccontextmanager
async def receiving(answers: Iterable[bytes] = (), *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Receive with those answers in their order, then with 200."""
    receiver, left = Receiver(), iter(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.connections += 1
        line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        body = await reader.readexactly(int(headers["content-length"]))
        # Answered before the test is told: whoever closes everything then finds nothing under way.
        writer.write(next(left, OK))
        await writer.drain()
        receiver._take(Received(line=line, headers=headers, body=body))
        await reader.read()

    async with listening(handle, tls=tls) as port:
        receiver.port = port
        yield receiver
