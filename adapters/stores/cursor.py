"""The opaque cursors of a list of runs."""

from __future__ import annotations

import base64
import binascii
import re

from domain.errors import InvalidCursorError

_CURSOR = re.compile(rb"o([0-9]{1,18})")


def encode_cursor(order: int) -> str:
    """Make the opaque cursor of the run that was created as number `order`."""
    return base64.urlsafe_b64encode(b"o%d" % order).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """Read what `encode_cursor` made.

    Raises:
        InvalidCursorError: It is of another form.
    """
    try:
        written = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        written = b""
    match = _CURSOR.fullmatch(written)
    if match is None or encode_cursor(int(match[1])) != cursor:
        raise InvalidCursorError("This is no cursor of a list of runs; leave it out to start with the newest.")
    return int(match[1])
