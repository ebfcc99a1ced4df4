"""Making text safe to show: what a model, a user or a peer wrote must not steer a terminal or forge a line."""

from __future__ import annotations

import re

# Control characters (C0, DEL, C1), line and paragraph separators, and the marks that reorder text (Unicode TR 36).
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def make_printable(text: str, *, keep: str = "") -> str:
    r"""Write each unsafe character as its escape, such as \x1b, except those in `keep`."""
    return _UNSAFE.sub(lambda match: match[0] if match[0] in keep else _escape(match[0]), text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
