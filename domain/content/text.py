"""Text that every encoder takes."""

from __future__ import annotations

_REPLACEMENT = 0xFFFD
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT)


def to_well_formed(text: str) -> str:
    """Replace lone surrogates, which have no UTF-8, by U+FFFD; every code point keeps its place."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.translate(_SURROGATES)
    return text


def clean_text(text: str) -> str:
    """Make text fit for every format: LF line ends, no byte order mark, no NUL, well-formed."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return to_well_formed(lines.replace("\x00", "\ufffd"))
