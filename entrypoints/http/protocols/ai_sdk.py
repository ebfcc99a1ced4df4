"""/ai-sdk: runs for the AI SDK's clients, as UI message streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from attrs import evolve
from quart import Blueprint, Response, request

from domain.errors import Fault, InvalidRequestError, RunNotFoundError
from domain.run.model import StoredRun
from entrypoints.http.authenticate import current_services, principal
from entrypoints.http.bodies import read_body
from entrypoints.http.cursor import parse_cursor
from entrypoints.http.follow import follow_run
from entrypoints.http.operation import Answer, Frames, Operation, operation
from entrypoints.http.position import read_last_event_id
from entrypoints.http.problems import HTTPError
from entrypoints.http.protocols.ai_sdk_body import AiSdkBody, Said, read_said
from entrypoints.http.protocols.ai_sdk_chat import Chat
from entrypoints.http.protocols.ai_sdk_chunk import Chunk
from entrypoints.http.protocols.ai_sdk_encoder import MessageEncoder
from entrypoints.http.requests import read_idempotency_key
from entrypoints.http.run import START_PROBLEMS
from entrypoints.http.sse import CONTENT_TYPE
from entrypoints.http.stream import SSE, endless, run_headers, sse_pieces
from entrypoints.ownership import find_run
from entrypoints.plain_text import fill_main_input
from entrypoints.services import Services
from entrypoints.start import read_trace_id, start_run

blueprint = Blueprint("ai_sdk", __name__)

VERSION_FIELD = "x-vercel-ai-ui-message-stream"
STREAM_EVENTS = Frames(
    meaning="One of the stream's events; the last one's data is `[DONE]`. Comment lines are heartbeats.",
    data=Chunk,
    last="[DONE]",
)
STREAM = Answer(
    meaning="The run as a UI message stream, version 1, from its beginning to its end.",
    content={SSE: STREAM_EVENTS},
    headers=("Location", "Content-Location", "X-Run-Id", VERSION_FIELD),
)


@blueprint.post("/ai-sdk")
@operation(
    Operation(
        summary="Start a run from the AI SDK's useChat or useCompletion, and stream it as a UI message",
        tag="protocols",
        request=AiSdkBody,
        headers=("Idempotency-Key", "Last-Event-ID", "traceparent"),
        answers={200: STREAM},
        problems=(*START_PROBLEMS, 409),
    )
)
async def stream_message() -> Response:
    """Stream a new run, or the one that was started from the same message before."""
    services, body = current_services(), await read_body(AiSdkBody)
    said, last_event_id = read_said(body), read_last_event_id()
    run = await (_start(services, body, said) if last_event_id is None else _find_resumed(services, last_event_id))
    return _stream(services, run)


@blueprint.get("/ai-sdk/<path:chat_id>/stream")
@operation(
    Operation(
        summary="Go on with a chat's newest run, from the beginning of its message",
        tag="protocols",
        answers={200: STREAM, 204: Answer(meaning="There is nothing to go on with.")},
    )
)
async def resume_message(chat_id: str) -> Response:
    """Replay and follow the chat's newest run while it is live, and a little longer."""
    services = current_services()
    run = await Chat(services=services, principal=principal(), id=chat_id).find_current()
    return Response(status=204) if run is None else _stream(services, run)


async def _start(services: Services, body: AiSdkBody, said: Said) -> StoredRun:
    asked = body.run.to_request(services.default_prompt)
    key = read_idempotency_key()
    if body.id is not None:
        chat = Chat(services=services, principal=principal(), id=body.id)
        asked = evolve(asked, tags=(*asked.tags, chat.tag))
        if key is None and said.message_id is not None:
            key = await chat.make_key(body, said)
    places = {"/text": said.pointer}
    try:
        filled = await fill_main_input(services, asked, said.text)
        places |= {f"/inputs/{name}": said.pointer for name in filled.inputs.keys() - asked.inputs.keys()}
        trace_id = read_trace_id(request.headers.get("traceparent"))
        run, _ = await start_run(services, principal(), filled, key=key, trace_id=trace_id)
    except InvalidRequestError as error:
        error.faults = tuple(_relocate(fault, places) for fault in error.faults)
        raise
    return run


def _relocate(fault: Fault, places: dict[str, str]) -> Fault:
    """Let a fault of a run's request point into this body."""
    return evolve(fault, pointer=places.get(fault.pointer, f"/run{fault.pointer}"))


async def _find_resumed(services: Services, last_event_id: str) -> StoredRun:
    """Return the run that a client goes on with; never a new one."""
    try:
        return await find_run(services, principal(), parse_cursor(last_event_id).run_id)
    except RunNotFoundError:
        raise HTTPError(
            409, "unknown_run", "There is no such run to go on with; leave out Last-Event-ID to start one."
        ) from None


def _stream(services: Services, run: StoredRun) -> Response:
    encoder = MessageEncoder()
    pieces = sse_pieces(follow_run(services, run.id, principal=principal()), encoder.encode)
    headers = {**run_headers(services, run.id), VERSION_FIELD: "v1"}
    return endless(_until_over(pieces, encoder), CONTENT_TYPE, headers)


async def _until_over(pieces: AsyncGenerator[bytes, None], encoder: MessageEncoder) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        async for piece in pieces:
            if piece:
                yield piece
    if not encoder.is_over:
        # These clients take an end for the end of the message: only a connection that breaks tells them to come again.
        raise asyncio.CancelledError
