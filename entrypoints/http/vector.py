"""The signed cursor of a stream of many runs: which of them it holds and how far each one was read."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from attrs import field, frozen

from domain.errors import InvalidCursorError
from entrypoints.http.cursor import Cursor, parse_cursor

_FORM = re.compile(r"[A-Za-z0-9_-]{1,16000}={0,2}\.[A-Za-z0-9_-]{22}")


@frozen(kw_only=True)
class Vector:
    """Where each live run was read to, by run id, at a time; runs created since then are not in it."""

    time: datetime
    cursors: Mapping[str, Cursor] = field(factory=dict)


def sign_vector(vector: Vector, *, owner: str, secret_key: bytes) -> str:
    """Make the cursor's text; it is good for this owner only."""
    places = [str(cursor) for cursor in vector.cursors.values()]
    payload = urlsafe_b64encode(msgspec.json.encode([vector.time.timestamp(), places])).decode()
    return f"{payload}.{_sign(payload, owner, secret_key)}"


def read_vector(text: str, *, owner: str, secret_key: bytes) -> Vector:
    """Read what `sign_vector` made.

    Raises:
        InvalidCursorError: It is not one of ours, or somebody else's.
    """
    payload, _, signature = text.partition(".")
    if _FORM.fullmatch(text) is None or not hmac.compare_digest(signature, _sign(payload, owner, secret_key)):
        raise InvalidCursorError(_REFUSAL)
    try:
        seconds, places = msgspec.json.decode(urlsafe_b64decode(payload), type=tuple[float, list[str]])
    except (msgspec.DecodeError, Base64Error):
        raise InvalidCursorError(_REFUSAL) from None
    cursors = [parse_cursor(place) for place in places]
    return Vector(time=datetime.fromtimestamp(seconds, UTC), cursors={cursor.run_id: cursor for cursor in cursors})


def _sign(payload: str, owner: str, secret_key: bytes) -> str:
    named = b"vector\0" + owner.encode() + b"\0" + payload.encode()
    return urlsafe_b64encode(hmac.digest(secret_key, named, "sha256")[:16]).decode().rstrip("=")


_REFUSAL = "This cursor is not one that the service gave to you; leave it out to begin anew."
