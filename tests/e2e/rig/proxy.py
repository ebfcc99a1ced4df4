"""A TCP proxy on loopback that breaks connections where its plan says."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Literal, Self

from attrs import frozen

from tests.loopback import listening

READ_BYTES = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

End = Literal["cut", "reset", "blackhole", "half_close"]


@frozen(kw_only=True)
class Plan:
    """How one connection is treated; the default passes everything on. Counts are bytes from server to client.

    `after` bytes are let through, then comes `end`: a clean close, a reset, silence with both ends held open, or an
    end of the client's half only. `piece` bytes go out at a time with `pause_seconds` between them; `hold` bytes are
    gathered before any goes out, as a buffering proxy does. `delay_seconds` come before every piece that arrives.
    """

    after: int | None = None
    end: End = "cut"
    delay_seconds: float = 0.0
    piece: int | None = None
    pause_seconds: float = 0.0
    hold: int = 0


PASS = Plan()


class Proxy:
    """Listens on a `port` of its own; `choose` gives the plan of the n-th connection, n from 0.

    While `flows` is not set nothing passes in either direction, and no end hears of it: a network that is parted.
    """

    def __init__(self, port: int, choose: Callable[[int], Plan] = lambda _: PASS) -> None:
        self.upstream_port = port
        self.choose = choose
        self.connections = 0
        self.passed_bytes = 0
        self.flows = asyncio.Event()
        self.flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self._listening = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.port = await self._listening.enter_async_context(listening(self._accept, limit=READ_BYTES))
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._listening.aclose()

    @property
    def url(self) -> str:
        """The same as an address for HTTP clients."""
        return f"http://127.0.0.1:{self.port}"

    async def cut_all(self) -> None:
        """Close every open connection."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plan = self.choose(self.connections)
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._serve(plan, reader, writer)
        finally:
            self._tasks.discard(task)
            await close(writer)

    async def _serve(self, plan: Plan, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port, limit=READ_BYTES)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(close, up_writer)
            sender = asyncio.ensure_future(pump(reader, up_writer, self.flows))
            stack.push_async_callback(stop, sender)
            if await self._pass_down(plan, up_reader, writer):
                await self._end(plan, up_reader, up_writer, writer, sender)

    async def _pass_down(self, plan: Plan, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Pass bytes to the client; return whether the plan's end was reached rather than the stream's."""
        left = plan.after
        held = b""
        while left is None or left > 0:
            chunk = await reader.read(READ_BYTES if left is None else min(READ_BYTES, left))
            if plan.delay_seconds:
                await asyncio.sleep(plan.delay_seconds)
            held += chunk
            left = None if left is None else left - len(chunk)
            if len(held) >= plan.hold or not chunk or left == 0:
                await self._write(plan, writer, held)
                held = b""
            if not chunk:
                await self.flows.wait()
                return False
        return True

    async def _write(self, plan: Plan, writer: asyncio.StreamWriter, data: bytes) -> None:
        # Without this limit drain() returns while bytes are still ours, and a reset would throw them away.
        writer.transport.set_write_buffer_limits(0)
        size = plan.piece or len(data) or 1
        for start in range(0, len(data), size):
            await self.flows.wait()
            piece = data[start : start + size]
            writer.write(piece)
            await writer.drain()
            self.passed_bytes += len(piece)
            if plan.piece:
                await asyncio.sleep(plan.pause_seconds)

    async def _end(
        self,
        plan: Plan,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        sender: asyncio.Task[None],
    ) -> None:
        if plan.end == "reset":
            peer = writer.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()
        elif plan.end == "blackhole":
            await stop(sender)
            await asyncio.Event().wait()
        elif plan.end == "half_close":
            await stop(sender)
            up_writer.write_eof()
            await self._pass_down(PASS, up_reader, writer)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event | None = None) -> None:
    """Pass everything on to the end, waiting wherever `flows` says so."""
    with suppress(OSError):
        while chunk := await reader.read(READ_BYTES):
            if flows is not None:
                await flows.wait()
            writer.write(chunk)
            await writer.drain()
        if flows is not None:
            await flows.wait()
        writer.write_eof()


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    # Not `await task`: that could not tell the task's cancellation from our own.
    await asyncio.wait({task})


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def plans(*given: Plan, then: Plan = PASS) -> Callable[[int], Plan]:
    """Use the plans one connection after the other, and `then` for all that follow."""
    return lambda number: given[number] if number < len(given) else then
