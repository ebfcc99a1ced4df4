"""A run's events as an answer, in server-sent events or one JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec
from quart import Response, request

from domain.run.model import Record, StoredRun
from domain.user import Principal
from entrypoints.http import sse
from entrypoints.http.cursor import Cursor, cursor_of
from entrypoints.http.feed import Item
from entrypoints.http.follow import Batch, follow_run
from entrypoints.http.operation import Answer
from entrypoints.http.position import locate
from entrypoints.http.problems import HTTPError
from entrypoints.services import Services

PROXY_FIELDS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP")
"""What proxies add to a request, besides speaking HTTP/1.0 as nginx does by default."""

NDJSON = "application/x-ndjson"
SSE = "text/event-stream"

RUN_HEADERS = ("X-Run-Id", "Location", "Content-Location")
STREAM_HEADERS = ("Cache-Control", "X-Accel-Buffering")
NOTHING_MORE = Answer(meaning="The terminal event was seen before: there is nothing more.", headers=RUN_HEADERS)


def choose_format() -> str:
    """Return the media type that the client takes; server-sent events where it has no wish.

    Raises:
        HTTPError: 406, it takes neither.
    """
    if not request.accept_mimetypes.provided:
        return SSE
    chosen = request.accept_mimetypes.best_match([SSE, NDJSON])
    if chosen is None:
        raise HTTPError(406, "not_acceptable", f"Ask for {SSE} or {NDJSON}.")
    return str(chosen)


async def stream_run(
    services: Services, principal: Principal, run: StoredRun, cursor: Cursor | None, media_type: str = SSE
) -> Response:
    """Answer with the run's events behind the cursor; 204 for a client that has seen the terminal one.

    Raises:
        HTTPError: 409, the cursor is of another run.
    """
    position = await locate(services, run.id, cursor)
    headers = run_headers(services, run.id)
    if position.is_over:
        return Response(status=204, headers=headers)
    batches = follow_run(services, run.id, after=position.after, principal=principal, is_reset=position.is_reset)
    return stream_answer(batches, media_type, headers)


def run_headers(services: Services, run_id: str) -> dict[str, str]:
    """Return the headers that name a run, where its events are and where it is itself."""
    address = f"{services.public_path}/runs/{run_id}"
    return {"X-Run-Id": run_id, "Location": f"{address}/events", "Content-Location": address}


def stream_answer(batches: AsyncGenerator[Batch, None], media_type: str, headers: dict[str, str]) -> Response:
    """Answer with batches as they come, without an end in time; the answer closes them."""
    if media_type == NDJSON:
        pieces, content_type = _lines(batches), NDJSON
    else:
        pieces, content_type = sse_pieces(batches, sse.encode_items), sse.CONTENT_TYPE
    return endless(pieces, content_type, headers)


def endless(pieces: AsyncGenerator[bytes, None], content_type: str, headers: dict[str, str]) -> Response:
    """Answer with pieces of bytes for as long as they come."""
    body = pieces if request.method != "HEAD" else b""
    answer = Response(body, headers={**sse.HEADERS, **headers}, content_type=content_type)
    answer.timeout = None
    return answer


def sse_pieces(batches: AsyncGenerator[Batch, None], encode: Callable[[Batch], bytes]) -> AsyncGenerator[bytes, None]:
    """Yield each batch as one piece; the first one that is not a heartbeat also says how soon to come again.

    Behind a proxy padding follows it; people at a terminal would see that as some fifty empty lines.
    """
    return _pieces(batches, encode, sse.PADDING if is_behind_proxy() else b"")


async def _pieces(
    batches: AsyncGenerator[Batch, None], encode: Callable[[Batch], bytes], padding: bytes
) -> AsyncGenerator[bytes, None]:
    async with aclosing(batches):
        async for batch in batches:
            piece = encode(batch)
            if piece != sse.HEARTBEAT_LINE:
                yield sse.RETRY + piece + padding
                break
            yield piece
        async for batch in batches:
            yield encode(batch)


def is_behind_proxy() -> bool:
    """Whether the request shows that it came through a proxy."""
    return request.http_version == "1.0" or any(name in request.headers for name in PROXY_FIELDS)


async def _lines(batches: AsyncGenerator[Batch, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(batches):
        async for batch in batches:
            yield b"".join([encode_line(item) for item in batch])


def encode_line(item: Item) -> bytes:
    """Make the line of an item: what a frame says as {id, event, data}; controls have no id."""
    if isinstance(item, Record):
        head = msgspec.json.encode({"id": str(cursor_of(item)), "event": item.type})
        return b'%s,"data":%s}\n' % (head[:-1], sse.one_line(item.data))
    return msgspec.json.encode({"event": item.name, "data": item.data}) + b"\n"
