"""A wire to a server of this machine that can fall silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field

from tests.adapters.patience import until
from tests.loopback import listening

READ_BYTES = 65_536


@define(eq=False)
class Wire:
    """Passes everything on until told otherwise; `port` is where clients connect."""

    upstream_port: int
    port: int = 0
    lost_answers: int = 0
    _is_deaf: bool = False
    _live: set[asyncio.Task[None]] = field(factory=set)
    _dead: set[asyncio.Task[None]] = field(factory=set)

    def lose_answers(self) -> None:
        """Drop from now on what the server says; what it is asked still comes to it."""
        self._is_deaf = True

    def let_die(self) -> None:
        """Drop whatever is said on the connections that are open now, in both directions; new ones are well."""
        self._dead |= self._live

    async def cut(self) -> None:
        """Close every connection; new ones are well."""
        self._is_deaf = False
        for task in tuple(self._live):
            task.cancel()

    async def answer_lost(self) -> None:
        """Return when something that the server has answered was dropped."""

        async def is_so() -> bool:
            return self.lost_answers > 0

        await until(is_so)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._live.add(task)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        asking = asyncio.ensure_future(self._pass_on(task, reader, up_writer))
        answering = asyncio.ensure_future(self._pass_on(task, up_reader, writer, is_answer=True))
        try:
            await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._live.discard(task)
            up_writer.close()
            writer.close()
            for pump in (asking, answering):
                pump.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)

    async def _pass_on(
        self,
        connection: asyncio.Task[None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        is_answer: bool = False,
    ) -> None:
        while data := await reader.read(READ_BYTES):
            if connection in self._dead:
                continue
            if is_answer and self._is_deaf:
                self.lost_answers += 1
                continue
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def wired_to(port: int) -> AsyncIterator[Wire]:
    """Lay a wire to that port until the end of the block."""
    wire = Wire(port)
    async with listening(wire.serve) as wire.port:
        yield wire
