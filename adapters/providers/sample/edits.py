"""Samples of edits: the words that a finding quotes are left out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import re2

from domain.completion import PromptRequest
from domain.content.edits import Edit

_QUOTED = re2.compile(
    r"(?m)\(line [0-9]+, column [0-9]+, at (.+?)\)(?: - the same words [^<\n]*)?(?:</input-[0-9a-f]+>)?$"
)
_MOST = 20


def write_edits(request: PromptRequest) -> str:
    """Return the edits that answer a request for some: none where it quotes nothing that the text has."""
    _, written, asked = request.turns
    quotes = dict.fromkeys(match.group(1) for match in _QUOTED.finditer(asked.content))
    edits = [edit for quote in quotes for edit in _iterate_edits(written.content, quote)]
    return msgspec.json.encode({"edits": edits[:_MOST]}).decode()


def _iterate_edits(text: str, quote: str) -> Iterator[Edit]:
    position = text.find(quote)
    while position >= 0:
        start, end = _widen(text, max(0, position - 1), position + len(quote))
        rest = text[start:position].rstrip(" ") + text[position + len(quote) : end]
        yield Edit(find=text[start:end], replace=rest)
        position = text.find(quote, end)


def _widen(text: str, start: int, end: int) -> tuple[int, int]:
    """Take words from both sides until the text has the stretch only once."""
    while text.count(text[start:end]) > 1:
        start = max(0, text.rfind(" ", 0, start))
        behind = text.find(" ", end + 1)
        end = len(text) if behind < 0 else behind
    return start, end
