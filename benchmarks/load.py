"""Cheap clients in a process of their own: raw protocols that count what arrives and decode nothing.

`python -m benchmarks.load '{"port": 8000, "method": "POST", ...}'` prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping
from typing import Any

from benchmarks.model import STAMP

FRAME = b"data: "
LAST_CHUNK = b"0\r\n\r\n"
STAMPS = re.compile(STAMP)


class Stream(asyncio.Protocol):
    """One request and its stream; `ended` is done when the last byte is there, or with what went wrong."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.frames = 0
        self.pieces = 0
        self.bytes = 0
        self.latencies: list[int] = []
        self.sent_at = 0
        self.first_at = 0
        loop = asyncio.get_running_loop()
        self.began: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._tail = b""
        self._newest = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.sent_at = time.monotonic_ns()
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Count frames and pieces; a piece that comes again, in the draft or the output, is older than the newest."""
        now = time.monotonic_ns()
        self.bytes += len(data)
        seen = self._tail + data
        found = seen.count(FRAME) - self._tail.count(FRAME)
        if found and not self.first_at:
            self._begin(now)
        self.frames += found
        for stamp in STAMPS.findall(seen):
            made = int(stamp)
            if made > self._newest:
                self._newest = made
                self.pieces += 1
                self.latencies.append(now - made)
        self._tail = seen[-32:]
        if self._tail.endswith(LAST_CHUNK) and not self.ended.done():
            self.ended.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Say so where nobody expected it."""
        for future in (self.began, self.ended):
            if not future.done():
                future.set_exception(ConnectionError(f"closed after {self.bytes} bytes: {self._tail!r}"))

    def _begin(self, now: int) -> None:
        self.first_at = now
        if not self.began.done():
            self.began.set_result(None)


def write_request(given: Mapping[str, Any]) -> bytes:
    """Make the bytes of one request."""
    body = json.dumps(given["body"]).encode() if given.get("body") is not None else b""
    fields = {"Host": "localhost", "Accept": "text/event-stream", **given.get("headers", {})}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{given['method']} {given['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def percentile(values: list[int], share: float) -> float:
    """Return a percentile of nanoseconds in milliseconds; nan where there is nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6


async def measure(given: Mapping[str, Any]) -> dict[str, Any]:
    """Open all streams at once and read them to their ends; with `repeat` do that so often, one after the other."""
    begun, begun_cpu = time.monotonic(), time.process_time()
    streams: list[Stream] = []
    for _ in range(given.get("repeat", 1)):
        opened = await open_all(given)
        await asyncio.wait_for(asyncio.gather(*(stream.ended for stream in opened)), given.get("seconds", 120))
        for stream in opened:
            stream.transport.close()
        streams += opened
    seconds = time.monotonic() - begun
    firsts = [stream.first_at - stream.sent_at for stream in streams]
    latencies = [latency for stream in streams for latency in stream.latencies]
    return {
        "seconds": seconds,
        "frames": sum(stream.frames for stream in streams),
        "pieces": sum(stream.pieces for stream in streams),
        "bytes": sum(stream.bytes for stream in streams),
        "first_ms": [percentile(firsts, 0.5), percentile(firsts, 0.99)],
        "latency_ms": [percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(latencies, 1.0)],
        "client_cpu_seconds": time.process_time() - begun_cpu,
    }


async def hold(given: Mapping[str, Any]) -> dict[str, Any]:
    """Open all streams, wait until each has begun, say so, and keep them until stdin ends."""
    streams = await open_all(given)
    await asyncio.wait_for(asyncio.gather(*(stream.began for stream in streams)), given.get("seconds", 60))
    print("held", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for stream in streams:
        stream.transport.abort()
        await asyncio.gather(stream.ended, return_exceptions=True)
    return {"held": len(streams)}


async def open_all(given: Mapping[str, Any]) -> list[Stream]:
    """Connect every stream; the requests go out as the connections come up."""
    request = write_request(given)
    loop = asyncio.get_running_loop()
    ports = given.get("ports") or [given["port"]]
    connecting = [
        loop.create_connection(lambda: Stream(request), "127.0.0.1", ports[number % len(ports)])
        for number in range(given["count"])
    ]
    return [stream for _, stream in await asyncio.gather(*connecting)]


def main() -> None:
    """Do what the argument says."""
    given = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run(hold(given) if given.get("hold") else measure(given))))


if __name__ == "__main__":
    main()
