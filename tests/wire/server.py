"""An HTTP/1.1 server on loopback that answers by script, sees when a client leaves, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from tests.wire.answer import Answer, Answers, Script, read_answers
from tests.wire.exchange import Ended, Received, WireFormat

PING_SECONDS = 0.05


class WireServer:
    """Everything that was asked so far, in order; `connections` are those that are open."""

    def __init__(self, wire: WireFormat, answers: Answers = ()) -> None:
        self.wire = wire
        self.script = Script(answers)
        self.received: list[Received] = []
        self.connections: set[_Connection] = set()
        self.accepted = 0
        self.port = 0
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Received]:
        """The requests for completions alone."""
        return [one for one in self.received if self.wire.find_plain(one) is None]

    @property
    def is_quiet(self) -> bool:
        """Whether no connection is open and every answer has ended."""
        return not self.connections and all(one.ended != "open" for one in self.received)

    def tell(self) -> None:
        """Wake whoever waits for something to have happened."""
        self._news.set()

    async def until(self, has_happened: Callable[[WireServer], bool], *, seconds: float = 10.0) -> None:
        """Wait until something has happened.

        Raises:
            TimeoutError: It has not within `seconds`.
        """
        async with asyncio.timeout(seconds):
            while not has_happened(self):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def serving(wire: WireFormat, answers: Answers = (), *, port: int = 0) -> AsyncIterator[WireServer]:
    """Serve beside the block; at its end nothing is left open."""
    server = WireServer(wire, answers)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Connection(server), "127.0.0.1", port)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for connection in tuple(server.connections):
            connection.abort()
        await server.until(lambda server: not server.connections)


class _CutShortError(Exception):
    """The connection is not there any more, as the script wanted."""


class _Connection(asyncio.Protocol):
    """One client's connection; one request after the other."""

    def __init__(self, server: WireServer) -> None:
        self._server = server
        self._buffer = b""
        self._room = asyncio.Event()
        self._room.set()
        self._answering: asyncio.Task[None] | None = None
        self._number = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections.add(self)
        self._server.accepted += 1
        self._number = self._server.accepted

    def connection_lost(self, _: Exception | None) -> None:
        self._room.set()
        if self._answering is not None:
            self._answering.cancel()
        self._server.connections.discard(self)
        self._server.tell()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._answering is None:
            self._read_request()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def abort(self) -> None:
        """Close the connection with a reset."""
        linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def _read_request(self) -> None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        method, path, _ = first.split(" ")
        self._buffer = rest[length:]
        asked = Received(connection=self._number, method=method, path=path, headers=headers, body=rest[:length])
        self._answering = asyncio.ensure_future(self._answer(asked))

    async def _answer(self, asked: Received) -> None:
        ended: Ended = "left"
        try:
            await self._perform(asked)
            ended = "whole"
        except _CutShortError:
            ended = "cut"
        finally:
            asked.ended, asked.ended_at = ended, time.monotonic()
            self._server.tell()
        self._answering = None
        if not self._transport.is_closing():
            self._read_request()

    async def _perform(self, asked: Received) -> None:
        if asked.path.startswith("/-/"):
            return await self._send_json(200, self._control(asked))
        self._server.received.append(asked)
        self._server.tell()
        plain = self._server.wire.find_plain(asked)
        if plain is not None:
            return await self._send_json(plain.pop("status", 200), plain)
        answer = self._server.script.take(asked.json.get("model", ""))
        await (asyncio.sleep(answer.delay) if answer.delay >= 0 else asyncio.Event().wait())
        if answer.status == 0:
            self._cut(answer.cut)
        if answer.status != 200:
            return await self._send_failure(answer)
        headers = {"content-type": "text/event-stream", "transfer-encoding": "chunked"} | dict(answer.headers)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await self._send(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode("latin-1"))
        await self._stream(answer, asked)
        await self._send(b"0\r\n\r\n")
        return None

    def _control(self, asked: Received) -> Any:
        if asked.method == "PUT":
            self._server.script = Script(read_answers(asked.json))
            return {}
        if asked.path == "/-/connections":
            # The connection of who asks this is none of them.
            return {"connections": len(self._server.connections) - 1}
        return {
            "received": [
                {
                    "connection": one.connection,
                    "method": one.method,
                    "path": one.path,
                    "headers": one.headers,
                    "body": one.json if one.body else None,
                    "at": one.at,
                    "ended": one.ended,
                }
                for one in self._server.received
            ],
        }

    async def _stream(self, answer: Answer, asked: Received) -> None:
        left = answer.cut_at
        for number, event in enumerate(self._events(answer, asked)):
            if answer.then is not None and number == answer.at:
                if await self._make_trouble(answer):
                    return
                continue
            if number and answer.pace:
                await asyncio.sleep(answer.pace)
            if left is not None and len(event) >= left:
                await self._send_chunks(event[:left], answer.write_size)
                if answer.cut != "end":
                    self._cut(answer.cut)
                return
            left = None if left is None else left - len(event)
            await self._send_chunks(event, answer.write_size)

    def _events(self, answer: Answer, asked: Received) -> Iterator[bytes]:
        if answer.raw is None:
            return self._server.wire.events(answer, asked)
        raw = answer.raw.encode("latin-1")
        return (raw for _ in range(answer.repeat))

    async def _make_trouble(self, answer: Answer) -> bool:
        """Do what comes in the place of an event; return whether that ends the body."""
        wire = self._server.wire
        match answer.then:
            case "fin" | "rst":
                self._cut(answer.then)
            case "stall":
                await asyncio.Event().wait()
            case "pings":
                while True:
                    await self._send_chunks(wire.odd_event(answer, "ping"), None)
                    await asyncio.sleep(PING_SECONDS)
            case "error" | "bad_json" | "odd_json":
                await self._send_chunks(wire.odd_event(answer, answer.then), answer.write_size)
        return answer.then in ("error", "end")

    async def _send_failure(self, answer: Answer) -> None:
        extra = dict(answer.headers) | ({"retry-after": answer.retry_after} if answer.retry_after is not None else {})
        if answer.html:
            page = f"<html><head><title>{answer.status}</title></head><body>{answer.message}</body></html>"
            return await self._send_body(answer.status, "text/html", page.encode() * answer.repeat, extra)
        return await self._send_json(answer.status, self._server.wire.failure(answer), extra)

    async def _send_json(self, status: int, document: Any, extra: dict[str, str] | None = None) -> None:
        await self._send_body(status, "application/json", json.dumps(document).encode(), extra or {})

    async def _send_body(self, status: int, content_type: str, body: bytes, extra: dict[str, str]) -> None:
        headers = {"content-type": content_type, "content-length": str(len(body)), "request-id": "req_wire"} | extra
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await self._send(f"HTTP/1.1 {status} Wire\r\n{lines}\r\n".encode("latin-1") + body)

    async def _send_chunks(self, data: bytes, size: int | None) -> None:
        size = size or max(len(data), 1)
        for start in range(0, len(data), size):
            chunk = data[start : start + size]
            await self._send(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    async def _send(self, data: bytes) -> None:
        self._transport.write(data)
        # Always lets others run, so that a cancel arrives and small writes are not one.
        await asyncio.sleep(0)
        await self._room.wait()

    def _cut(self, how: str) -> None:
        if how == "rst":
            self.abort()
        else:
            self._transport.close()
        raise _CutShortError
