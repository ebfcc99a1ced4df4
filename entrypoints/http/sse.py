"""Server-sent events as bytes: what every client that we know of can read (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from domain.run.model import Record
from entrypoints.http.feed import HEARTBEAT, Control, Item

CONTENT_TYPE = "text/event-stream; charset=utf-8"
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
"""Against proxies that would hold frames back, compress or keep them."""

HEARTBEAT_LINE = b": ka\n"
"""A bare comment: followed by a blank line it reached three of seven clients as an empty event."""

RETRY = b"retry: 1000\n"
"""Goes into the first frame: in a frame of its own it reached some clients as an empty event."""

PADDING = b":" + b" " * 4096 + b"\n"
"""Pushes the first frame through a proxy: many hold back what does not fill a buffer of 4 kB."""

_RUN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_TYPE = re.compile(r"[a-z][a-z_]{0,39}")
_LINE_ENDS = re.compile(rb"[\r\n]+")


def encode_record(record: Record, *, has_id: bool = True) -> bytes:
    """Make the frame of a record; its data goes out as it was stored.

    Raises:
        ValueError: Its id or type is none of ours, and could forge a field.
    """
    event, data = _vet(_TYPE, record.type), one_line(record.data)
    if not has_id:
        return b"event: %b\ndata: %b\n\n" % (event, data)
    run_id = _vet(_RUN_ID, record.run_id)
    return b"id: %b:%d-%d\nevent: %b\ndata: %b\n\n" % (run_id, record.epoch, record.seq, event, data)


@lru_cache(maxsize=4096)
def _vet(form: re.Pattern[str], text: str) -> bytes:
    if form.fullmatch(text) is None:
        raise ValueError("a record's run id or type can't stand in a frame")
    return text.encode()


def encode_control(control: Control) -> bytes:
    """Make the frame of a control, which never has an id, or the heartbeat's comment."""
    if control is HEARTBEAT:
        return HEARTBEAT_LINE
    return b"event: %s\ndata: %s\n\n" % (control.name.encode(), msgspec.json.encode(control.data))


def encode_items(items: Iterable[Item]) -> bytes:
    """Make one piece of bytes of all that is ready."""
    return b"".join([encode_record(item) if isinstance(item, Record) else encode_control(item) for item in items])


def one_line(data: bytes) -> bytes:
    """Return JSON without a line end; in JSON a raw one can only stand between tokens, where a space means the same."""
    if b"\n" in data or b"\r" in data:
        return _LINE_ENDS.sub(b" ", data)
    return data
