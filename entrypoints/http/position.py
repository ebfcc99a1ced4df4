"""Where in a log a stream goes on, and whether its cursor is of this log at all."""

from __future__ import annotations

from attrs import frozen
from quart import request

from entrypoints.http.cursor import Cursor, parse_cursor
from entrypoints.http.problems import HTTPError
from entrypoints.services import Services


@frozen
class Position:
    """Behind seq `after`; `is_reset` when the client's past is none of this log's, so that all of it is replayed."""

    after: int = 0
    is_reset: bool = False
    is_over: bool = False
    """The client has seen the terminal event: there is nothing more to say."""


async def locate(services: Services, run_id: str, cursor: Cursor | None) -> Position:
    """Return where a run's stream goes on for a client with that cursor.

    Raises:
        HTTPError: 409, the cursor is of another run.
    """
    if cursor is None:
        return Position()
    if cursor.run_id != run_id:
        raise HTTPError(409, "cursor_of_another_run", "This cursor belongs to another run; leave it out to begin anew.")
    if cursor.seq == 0:
        return Position(is_reset=cursor.epoch != 0)
    tail = await services.log.tail(run_id)
    seen = await services.log.read(run_id, after=cursor.seq - 1, limit=1) if cursor.seq <= tail.seq else ()
    if not seen or seen[0].epoch != cursor.epoch:
        return Position(is_reset=True)
    return Position(after=cursor.seq, is_over=tail.status.is_terminal and cursor.seq == tail.seq)


def read_last_event_id() -> str | None:
    """Return the Last-Event-ID header, None where there is none or it is empty, as before a first event."""
    return request.headers.get("Last-Event-ID") or None


def read_position_text() -> str | None:
    """Return what a client says it has seen: Last-Event-ID, else `?after=`, which a reconnect repeats as it was."""
    return read_last_event_id() or request.args.get("after") or None


def read_cursor() -> Cursor | None:
    """Return the cursor of a client that goes on with one run.

    Raises:
        InvalidCursorError: It is not one of ours.
    """
    text = read_position_text()
    return None if text is None else parse_cursor(text)
