"""Which language a piece of prose is written in, by CLD2's tables, which are part of its library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import pycld2

from domain.content.spelling import suggest
from domain.content.text import to_well_formed

_ALIASES = {"iw": "he", "jw": "jv"}
_SHORT_PIECE = 200
_LONG_PIECE = 16_000
# What Unicode keeps for inner use, and control characters: CLD2 refuses a text that holds one.
_CONTROLS = (*range(9), 11, 12, *range(14, 32), *range(127, 160))
_INNER = (*range(0xFDD0, 0xFDF0), *(plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)))
_UNFIT: Mapping[int, str] = dict.fromkeys((*_CONTROLS, *_INNER), " ")


@lru_cache(maxsize=1)
def language_names() -> Mapping[str, str]:
    """Return the English names of the languages that can be told, by ISO 639-1 code (639-2 where there is none)."""
    codes = dict(pycld2.LANGUAGES)
    known = {_normalize(codes[name]): name.capitalize() for name in pycld2.DETECTED_LANGUAGES if name in codes}
    return {code: name for code, name in sorted(known.items()) if name != "Unknown" and not code.startswith("xx")}


def find_code_fault(code: str) -> str | None:
    """Say what is wrong with the code of a language."""
    names = language_names()
    if code in names:
        return None
    by_name = {name.lower(): known for known, name in names.items()}
    nearest = by_name.get(code.lower())
    hint = f"; did you mean {nearest}?" if nearest else suggest(code, names)
    return f"is no language that can be told{hint or '; give a code of ISO 639-1, like en or de'}"


def detect_language(prose: str) -> str | None:
    """Return the code of the language that nearly all of the prose is in, or None where that can't be told."""
    is_reliable, _, found = pycld2.detect(to_well_formed(prose).translate(_UNFIT), isPlainText=True)
    code = _normalize(found[0][1])
    return code if is_reliable and code in language_names() else None


def iterate_pieces(prose: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of pieces that are long enough to tell: paragraphs, short ones together, long ones cut."""
    begun = 0
    for start, end in _iterate_paragraphs(prose):
        if end - start >= _SHORT_PIECE and begun < start:
            yield begun, start
            begun = start
        if end - begun >= _SHORT_PIECE:
            yield begun, end
            begun = end
    yield begun, len(prose)


def _iterate_paragraphs(prose: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(prose):
        end = prose.find("\n\n", start + 1)
        end = min(len(prose) if end < 0 else end, start + _LONG_PIECE)
        yield start, end
        start = end


def _normalize(code: str) -> str:
    short = code.split("-")[0].lower()
    return _ALIASES.get(short, short)
