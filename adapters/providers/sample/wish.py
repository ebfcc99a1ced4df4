"""What a prompt asks for, as far as its words tell: length, headings, and lines that must be there."""

from __future__ import annotations

from typing import Any, Literal

import re2
from attrs import frozen

from domain.completion import PromptRequest

_FENCED = re2.compile(r"<input-[0-9a-f]{8}>[\s\S]*?</input-[0-9a-f]{8}>")
_NUMBER = "([0-9]{1,6})"
_RANGES = tuple(
    re2.compile(pattern)
    for pattern in (
        rf"\b{_NUMBER} (?:to|and) {_NUMBER} (words) in all\b",
        rf"\b{_NUMBER} (?:words) at least\b[^.]{{0,80}}?\b{_NUMBER}( )at most\b",
        rf"\b{_NUMBER} (?:to|and) {_NUMBER} (words|characters)\b",
    )
)
_LEAST = re2.compile(rf"\b(?:never|no|not) fewer than {_NUMBER}\b")
_LINE = re2.compile(r"\bline ([A-Z][A-Z ]+[A-Z])\b")
_LABEL = re2.compile(r"\*\*([^*\n]{1,40}:)\*\*")
_BEGINNING = re2.compile(r'\bbegins "([^"\n]{1,40})"')


@frozen(kw_only=True)
class Wish:
    """`low` to `high` words or characters as the prompt prefers them, `least` being the bound it names as hard.

    `levels` are the levels of headings that it speaks of. `lines` are to stand at the top, `labels` below them with a
    few words each, and paragraphs with the `beginnings` at the end.
    """

    unit: Literal["words", "characters"]
    low: int
    high: int
    least: int
    levels: frozenset[int]
    is_plain: bool
    lines: tuple[str, ...]
    labels: tuple[str, ...]
    beginnings: tuple[str, ...]

    @property
    def target(self) -> int:
        """How long a text should come out: the middle, but not much longer than it must be."""
        return min((self.low + self.high) // 2, max(150, self.low + 100))


def read_wish(request: PromptRequest) -> Wish:
    """Read a prompt's instructions; what somebody gave as material, which is fenced, is none."""
    text = _FENCED.sub(" ", f"{request.system}\n{request.turns[0].content}")
    low, high, unit = _read_range(text)
    is_plain = "in plain text without markup" in text
    least = _LEAST.search(text)
    return Wish(
        unit="characters" if unit == "characters" else "words",
        low=low,
        high=high,
        least=int(least.group(1)) if least else low,
        levels=frozenset() if is_plain else _read_levels(text),
        is_plain=is_plain,
        lines=_find_all(_LINE, text),
        labels=_find_all(_LABEL, text),
        beginnings=_find_all(_BEGINNING, text),
    )


def _read_range(text: str) -> tuple[int, int, str]:
    for pattern in _RANGES:
        match = pattern.search(text)
        if match is not None and int(match.group(1)) <= int(match.group(2)):
            return int(match.group(1)), int(match.group(2)), match.group(3)
    return 80, 160, "words"


def _read_levels(text: str) -> frozenset[int]:
    """Return the levels that are named like (#) and (##); a prompt that says nothing of headings gets a title."""
    named = frozenset(level for level in (1, 2) if f"({'#' * level})" in text)
    return named if named or "heading" in text else frozenset({1})


def _find_all(pattern: Any, text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.group(1) for match in pattern.finditer(text)))
