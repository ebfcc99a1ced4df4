"""Between this program's values and a script's: MessagePack with the old raw type, all that Redis's Lua knows."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

Packable = None | bool | int | str | bytes | Sequence["Packable"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def pack(value: Packable) -> bytes:
    """Write a value as a script reads it with `cmsgpack.unpack`; whole numbers stay exact up to 2^53 there."""
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def to_bytes(text: str) -> bytes:
    """Return a text as Redis keeps it, whatever is in it: halves of characters too."""
    return text.encode("utf-8", "surrogatepass")


def to_text(raw: bytes) -> str:
    """Return what `to_bytes` was given."""
    return raw.decode("utf-8", "surrogatepass")


def to_microseconds(time: datetime) -> int:
    """Return a time as a whole number, which sorts as times do."""
    return (time - _EPOCH) // _MICROSECOND


def to_time(microseconds: int) -> datetime:
    """Return what `to_microseconds` was given."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _write(value: Packable, parts: list[bytes]) -> None:
    match value:
        case None:
            parts.append(b"\xc0")
        case bool():
            parts.append(b"\xc3" if value else b"\xc2")
        case int():
            parts.append(b"\xd3" + struct.pack(">q", value))
        case str():
            _write(to_bytes(value), parts)
        case bytes():
            parts.append(b"\xdb" + struct.pack(">I", len(value)))
            parts.append(value)
        case _:
            parts.append(b"\xdd" + struct.pack(">I", len(value)))
            for item in value:
                _write(item, parts)
