"""Which known word somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 64


def suggest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean x?" for the nearest known word, or nothing where none is near."""
    near = get_close_matches(word[:_LONGEST], list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
