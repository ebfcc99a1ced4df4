"""Request bodies: strict JSON into typed requests, or a problem that says where and why."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from quart import request

from entrypoints.http.problems import HTTPError
from entrypoints.http.shape import shape
from entrypoints.http.strict_json import parse_json

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 60
INLINE_BYTES = 8192
"""Bodies up to this size are parsed on the event loop, larger ones on a thread, so that nothing holds the loop."""

T = TypeVar("T")


async def read_body(body_type: type[T], *, optional: bool = False) -> T:
    """Read the request's JSON body as `body_type`, a msgspec Struct that forbids unknown fields.

    With `optional` no body at all stands for an empty object.

    Raises:
        HTTPError: 413, 415, 408, or 400 for what is not strict JSON.
        InvalidRequestError: It is JSON of another shape; the fault's pointer says where.
    """
    data = await read_bytes()
    if not data and optional:
        return shape({}, body_type)
    require_content_type("application/json")
    if len(data) <= INLINE_BYTES:
        return parse(data, body_type)
    return await asyncio.to_thread(parse, data, body_type)


async def read_bytes() -> bytes:
    """Read the body as it came.

    Not through the framework's own reader: on Python 3.11 its `wait_for` swallows the cancellation by which a handler
    learns that the client has left.

    Raises:
        HTTPError: 415 for an encoded body (nothing is ever inflated), 408 for one that does not arrive in time.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise HTTPError(415, "unsupported_media_type", "Send the body without a Content-Encoding.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return bytes(await request.body)
    except TimeoutError:
        raise HTTPError(408, "request_timeout", "The body did not arrive in time; send it again.") from None


def require_content_type(*accepted: str) -> None:
    """Check the body's media type.

    Raises:
        HTTPError: 415.
    """
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in accepted or charset != "utf-8":
        raise HTTPError(415, "unsupported_media_type", f"Send the body as {' or '.join(accepted)}, in UTF-8.")


def parse(data: bytes, body_type: type[T]) -> T:
    """Read strict JSON as `body_type`; raises as `read_body` does."""
    return shape(parse_json(data), body_type)
