"""Positions in a log as clients hand them back: opaque to them, strict to us."""

from __future__ import annotations

import re

from attrs import frozen

from domain.errors import InvalidCursorError
from domain.run.model import Record

_CURSOR = re.compile(r"([0-9a-z-]{1,64}):([0-9]{1,9})-([0-9]{1,15})")


@frozen
class Cursor:
    """Behind the record with that seq, as written in that epoch; 0-0 is the beginning."""

    run_id: str
    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.run_id}:{self.epoch}-{self.seq}"


def parse_cursor(text: str) -> Cursor:
    """Read `<run_id>:<epoch>-<seq>`.

    Raises:
        InvalidCursorError: It is of another form.
    """
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise InvalidCursorError(
            "This cursor is not one that the service gave out; leave it out to begin at the start."
        )
    return Cursor(found[1], int(found[2]), int(found[3]))


def cursor_of(record: Record) -> Cursor:
    """Return the cursor of whoever has seen this record."""
    return Cursor(record.run_id, record.epoch, record.seq)
