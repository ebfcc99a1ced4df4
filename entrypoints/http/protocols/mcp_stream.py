"""What a call is told while its run goes on: progress, and at the end its result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

from attrs import define
from mcp_types.methods import serialize_server_result

from domain.errors import StoreError
from domain.run.codec import decode_event
from domain.run.events import TERMINAL_TYPES, DraftWritten, Progressed, RunQueued
from domain.run.model import Record
from entrypoints.http import sse
from entrypoints.http.cursor import Cursor, cursor_of
from entrypoints.http.feed import HEARTBEAT
from entrypoints.http.follow import Batch, follow_run
from entrypoints.http.protocols.mcp_event_id import EventId
from entrypoints.http.protocols.mcp_exchange import Exchange
from entrypoints.http.protocols.mcp_message import REFUSED, encode_message
from entrypoints.http.protocols.mcp_result import end_call
from entrypoints.http.protocols.mcp_session import cancel_soon

SMALL_STEP: Final = 0.001
"""By how much progress grows where only its message is new: each notification has to name a larger one."""

CANCEL_SECONDS: Final = 5.0
QUEUED: Final = "Waiting for a worker..."


async def tell_run(
    exchange: Exchange, start: Cursor, progress: float = -1.0, *, ends_with_client: bool = False
) -> AsyncGenerator[bytes, None]:
    """Yield what the client of a call is told of its run behind a cursor; `progress` is the last that it was told.

    With `ends_with_client` a client that leaves before the end has cancelled the run. A stream that we end before it,
    and that can't be resumed, ends with an answer that says so.
    """
    teller = _Teller(exchange, start.run_id, progress)
    is_over = False
    try:
        yield teller.open(start)
        batches = follow_run(exchange.services, start.run_id, after=start.seq, principal=exchange.principal)
        async with aclosing(batches):
            async for batch in batches:
                if piece := await teller.tell(batch):
                    yield piece
        if not teller.has_ended and not exchange.can_resume:
            yield teller.part()
        is_over = True
    finally:
        if ends_with_client and not is_over and not exchange.services.drain.is_set():
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(CANCEL_SECONDS):
                    await cancel_soon(exchange.services, exchange.principal, start.run_id)


@define(eq=False)
class _Teller:
    exchange: Exchange
    run_id: str
    progress: float
    has_ended: bool = False

    def open(self, start: Cursor) -> bytes:
        """Make the first bytes, by which a client knows that there is an answer, and where to go on with it."""
        if not self.exchange.has_openings:
            return sse.HEARTBEAT_LINE + self.exchange.padding
        return b"id: %b\n%bdata: \n\n%b" % (self._id(start).encode(), sse.RETRY, self.exchange.padding)

    async def tell(self, batch: Batch) -> bytes:
        """Make one piece of bytes of all that is ready and is told."""
        pieces = []
        for item in batch:
            if item is HEARTBEAT:
                pieces.append(sse.HEARTBEAT_LINE)
            elif isinstance(item, Record) and item.type in TERMINAL_TYPES:
                pieces.append(await self._end(item))
            elif isinstance(item, Record) and self.exchange.token is not None:
                pieces.append(self._step(item))
        return b"".join(pieces)

    def part(self) -> bytes:
        """Make the answer to a client that cannot come again to a stream that ends before its run does."""
        message = (
            "The stream ended before the run did, because its token is over or the process goes away. The run goes on: "
            f"GET /runs/{self.run_id} has its result."
        )
        return encode_message({"id": self.exchange.request_id, "error": {"code": REFUSED, "message": message}})

    def _step(self, record: Record) -> bytes:
        event = decode_event(record) if record.type in ("run", "progress", "draft") else None
        match event:
            case RunQueued():
                percent, message = 0, QUEUED
            case Progressed() | DraftWritten():
                percent, message = event.progress, event.message
            case _:
                return b""
        self.progress = percent if percent > self.progress else round(self.progress + SMALL_STEP, 6)
        told = {"progressToken": self.exchange.token, "progress": self.progress, "total": 100, "message": message}
        return encode_message(
            {"method": "notifications/progress", "params": told}, event_id=self._id(cursor_of(record))
        )

    async def _end(self, record: Record) -> bytes:
        self.has_ended = True
        ended = await end_call(self.exchange.services, record)
        dumped = ended.model_dump(by_alias=True, mode="json")
        result = serialize_server_result("tools/call", self.exchange.version, dumped)
        return encode_message({"id": self.exchange.request_id, "result": result}, event_id=self._id(cursor_of(record)))

    def _id(self, cursor: Cursor) -> str:
        asked = self.exchange
        if asked.session is None:
            return ""
        return str(EventId(cursor=cursor, request_id=asked.request_id, token=asked.token, progress=self.progress))
