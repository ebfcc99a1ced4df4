"""A server on a real socket that answers each request with the bytes that come next in its script."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import field, frozen

from tests.loopback import listening


@frozen
class Seen:
    """A request as it arrived; header names in lower case."""

    line: str
    headers: dict[str, str]
    body: Any


class Held(bytes):
    """An answer behind which the connection stays open and silent."""


@frozen
class ScriptedServer:
    url: str
    seen: list[Seen] = field(factory=list)

    def find(self, path: str) -> list[Seen]:
        return [request for request in self.seen if f" {path} " in request.line]


@asynccontextmanager
async def scripted_server(answers: Sequence[bytes]) -> AsyncIterator[ScriptedServer]:
    """Serve one answer after another, closing the connection behind each."""
    left = iter(answers)
    seen: list[Seen] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await _read_request(reader))
        answer = next(left, json_answer(500, {"detail": "The script has no more answers."}))
        writer.write(answer)
        await writer.drain()
        if isinstance(answer, Held):
            await asyncio.Event().wait()

    async with listening(serve) as port:
        yield ScriptedServer(f"http://127.0.0.1:{port}", seen)


async def _read_request(reader: asyncio.StreamReader) -> Seen:
    line, *rows = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rows)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(line, headers, json.loads(body) if body else None)


def json_answer(status: int, value: Any, **headers: str) -> bytes:
    body = json.dumps(value).encode()
    rows = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status} X\r\n{kind}{rows}\r\n".encode() + body


def stream_answer(*frames: bytes, is_cut: bool = False) -> bytes:
    """An SSE answer in chunks; a cut one lacks the last chunk, as when a connection breaks."""
    kind = b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(frame), frame) for frame in frames)
    return b"HTTP/1.1 200 OK\r\n%s\r\n" % kind + chunks + (b"" if is_cut else b"0\r\n\r\n")
