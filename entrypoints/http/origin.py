"""Which pages may make a browser call us with what it keeps for us."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

_SERIALIZED = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None


def is_own_origin(headers: Headers, public_url: str) -> bool:
    """Whether the one Origin header names the service's own address (RFC 6454); none is no, as "null" is.

    The names of the loopback interface count as one, because a page on this machine is opened under any of them.
    """
    given = headers.getlist("Origin")
    if len(given) != 1 or _SERIALIZED.fullmatch(given[0]) is None:
        return False
    return _read(given[0]) == _read(public_url)


def _read(url: str) -> _Origin | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = "loopback" if parts.hostname in _LOOPBACK else parts.hostname or ""
    return _Origin(parts.scheme, host, port or _PORTS.get(parts.scheme))
