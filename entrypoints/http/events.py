"""Streams of events: one run's, and all live runs of a user over one connection."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import define, field
from msgspec import Meta, Struct
from quart import Blueprint, Response

from domain.run.events import TERMINAL_TYPES
from domain.run.model import Record
from domain.user import Principal
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.cursor import cursor_of
from entrypoints.http.follow import Batch
from entrypoints.http.follow_all import Reached, follow_all
from entrypoints.http.operation import Access, Answer, Operation, operation
from entrypoints.http.position import read_cursor, read_position_text
from entrypoints.http.queries import read_query
from entrypoints.http.sse import CONTENT_TYPE, encode_control, encode_record
from entrypoints.http.stream import (
    NDJSON,
    NOTHING_MORE,
    RUN_HEADERS,
    SSE,
    STREAM_HEADERS,
    choose_format,
    endless,
    sse_pieces,
    stream_run,
)
from entrypoints.http.ticket import LONGEST_TICKET
from entrypoints.http.vector import Vector, read_vector, sign_vector
from entrypoints.ownership import find_run
from entrypoints.services import Services

blueprint = Blueprint("events", __name__)

VECTOR_SECONDS = 0.25


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on; the header Last-Event-ID comes first, and has room for more runs than an address."""

    after: Annotated[str, Meta(max_length=7500, description="The id of the last event that was seen.")] | None = None


class RunEventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on; the header Last-Event-ID comes first. A ticket stands for a token where there is no header."""

    after: Annotated[str, Meta(max_length=4000, description="The id of the last event that was seen.")] | None = None
    ticket: Annotated[str, Meta(max_length=LONGEST_TICKET, description="What POST .../ticket answered.")] | None = None


@blueprint.get("/runs/<run_id>/events")
@operation(
    Operation(
        summary="Replay a run's events, then follow it",
        tag="events",
        access=Access.TICKET,
        query=RunEventsQuery,
        headers=("Last-Event-ID",),
        answers={
            200: Answer(
                meaning="The run's events behind the cursor, until the terminal one.",
                content={SSE: "EventStream", NDJSON: "EventLine"},
                headers=(*RUN_HEADERS, *STREAM_HEADERS),
            ),
            204: NOTHING_MORE,
        },
        problems=(400, 404, 406, 409, 422),
    )
)
async def follow_one(run_id: str) -> Response:
    """Stream one run."""
    read_query(RunEventsQuery)
    services = current_services()
    media_type = choose_format()
    run = await find_run(services, principal(), run_id)
    return await stream_run(services, principal(), run, read_cursor(), media_type)


@blueprint.get("/events")
@operation(
    Operation(
        summary="Follow all of one's live runs over one connection",
        tag="events",
        query=EventsQuery,
        headers=("Last-Event-ID",),
        answers={
            200: Answer(
                meaning="Events of many runs. After a resume some may come again: drop them by run_id and seq.",
                content={SSE: "EventStream"},
                headers=STREAM_HEADERS,
            )
        },
        problems=(400, 422),
    )
)
async def follow_mine() -> Response:
    """Stream all live runs of whoever asks."""
    read_query(EventsQuery)
    services, asking = current_services(), principal()
    text = read_position_text()
    vector = None
    if text is not None:
        vector = read_vector(text, owner=asking.user_id, secret_key=services.secret_key)
    frames = _VectorFrames(services, asking)
    batches = follow_all(services, asking, vector, frames.reached)
    return endless(sse_pieces(batches, frames.encode), CONTENT_TYPE, {})


@define(eq=False)
class _VectorFrames:
    """Frames whose id is the vector, so rarely that it costs little and often enough that a resume repeats little."""

    services: Services
    principal: Principal
    reached: Reached = field(factory=Reached, init=False)
    _due: float = field(default=0.0, init=False)

    def encode(self, batch: Batch) -> bytes:
        """Make one piece of bytes of all that is ready."""
        pieces: list[bytes] = []
        for item in batch:
            if isinstance(item, Record):
                pieces.append(self._id_line(item) + encode_record(item, has_id=False))
            else:
                pieces.append(encode_control(item))
        return b"".join(pieces)

    def _id_line(self, record: Record) -> bytes:
        is_terminal = record.type in TERMINAL_TYPES
        self.reached.cursors[record.run_id] = cursor_of(record)
        if is_terminal:
            del self.reached.cursors[record.run_id]
        now = self.services.clock.monotonic()
        if not is_terminal and now < self._due:
            return b""
        self._due = now + VECTOR_SECONDS
        return b"id: %s\n" % self._sign(self.services.clock.now()).encode()

    def _sign(self, now: datetime) -> str:
        vector = Vector(time=self.reached.unseen_since or now, cursors=self.reached.cursors)
        return sign_vector(vector, owner=self.principal.user_id, secret_key=self.services.secret_key)
