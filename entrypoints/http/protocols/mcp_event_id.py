"""Where a call's stream goes on: the run's cursor, and what its messages carry, since no session remembers that."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from attrs import frozen

from domain.errors import InvalidCursorError
from entrypoints.http.cursor import Cursor, parse_cursor

_DECODER = msgspec.json.Decoder(tuple[int | str, int | str | None, float])


@frozen(kw_only=True)
class EventId:
    """The id of an event of a call's stream: its request, the request's progress token, and the last progress told."""

    cursor: Cursor
    request_id: int | str
    token: int | str | None
    progress: float

    def __str__(self) -> str:
        rest = msgspec.json.encode((self.request_id, self.token, self.progress))
        return f"{self.cursor}~{urlsafe_b64encode(rest).decode()}"


def parse_event_id(text: str) -> EventId:
    """Read an event's id.

    Raises:
        InvalidCursorError: It is none of ours.
    """
    cursor, _, rest = text.partition("~")
    found = parse_cursor(cursor)
    try:
        request_id, token, progress = _DECODER.decode(urlsafe_b64decode(rest.encode()))
    except ValueError:
        raise InvalidCursorError("This Last-Event-ID is not one that the service gave out; call again.") from None
    return EventId(cursor=found, request_id=request_id, token=token, progress=progress)
