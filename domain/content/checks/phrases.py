"""What the checks of phrases have in common: how a phrase is found in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import re2

from domain.content.text import to_well_formed

PHRASES: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S"},
    "minItems": 1,
    "maxItems": 200,
    "uniqueItems": True,
    "description": "list the phrases",
}
PHRASE_OPTIONS: Mapping[str, Any] = {
    "required": ["phrases"],
    "properties": {
        "phrases": PHRASES,
        "case_sensitive": {"type": "boolean"},
        "whole_words": {"type": "boolean"},
        "near_spellings": {"type": "boolean"},
    },
}

_NO_WORD = r"[^\pL\pN\pM]"
_JOINT = r"[\s-]*"
_SHORTEST_NEAR = 5
_BATCH = 10
_MOST_MEMORY = 32 << 20
_APOSTROPHES = "['\u2018\u2019]"


def find_phrases(
    text: str,
    phrases: Iterable[str],
    *,
    case_sensitive: bool = False,
    whole_words: bool = True,
    near_spellings: bool = False,
    start: int = 0,
    is_whole: bool = True,
) -> dict[str, tuple[int, int]]:
    """Return start and end of each phrase's first occurrence at or behind `start`, in time linear in the text.

    White space matches any white space, and straight apostrophes match typographic ones. With near spellings a word of
    five letters or more may have one letter wrong, missing, too many or swapped, and hyphens and spaces are one. Of a
    text that is not whole yet, a word at its end may go on, so a phrase that ends there is not found.
    """
    before = text[start - 1] if start else "\n"
    padded = to_well_formed(f"{before}{text[start:]}" + ("\n" if is_whole else ""))
    wanted = tuple(dict.fromkeys(phrases))
    batches = (wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH))
    options = (case_sensitive, whole_words, near_spellings)
    # One look for a batch, most of which are not there, costs little more than one for a phrase.
    likely = (batch for batch in batches if len(batch) == 1 or _compile_any(batch, *options).search(padded))
    matches = {phrase: _compile(phrase, *options).search(padded) for batch in likely for phrase in batch}
    shift = start - 1
    return {
        phrase: (match.start(1) + shift, match.end(1) + shift) for phrase, match in matches.items() if match is not None
    }


def count_phrase(text: str, phrase: str, *, most: int) -> int:
    """Count how often a phrase occurs as whole words in any case, also in the plural in -s; no further than `most`."""
    padded = to_well_formed(f"\n{text}\n")
    ends = (match.end() for match in _compile_plural(phrase).finditer(padded))
    return sum(1 for _ in islice((end for end in ends if not padded[end].isalnum()), most))


@lru_cache(maxsize=1024)
def _compile(phrase: str, case_sensitive: bool, whole_words: bool, near_spellings: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = case_sensitive
    return re2.compile(_write_phrase(phrase, whole_words, near_spellings), options)


@lru_cache(maxsize=256)
def _compile_any(phrases: tuple[str, ...], case_sensitive: bool, whole_words: bool, near_spellings: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.never_capture = True
    options.max_mem = _MOST_MEMORY
    return re2.compile("|".join(_write_phrase(phrase, whole_words, near_spellings) for phrase in phrases), options)


def _write_phrase(phrase: str, whole_words: bool, near_spellings: bool) -> str:
    words = to_well_formed(phrase).replace("\u2019", "'").split()
    pattern = (
        _JOINT.join(map(_write_near, _split_hyphens(words))) if near_spellings else r"\s+".join(map(_write, words))
    )
    lead = _NO_WORD if whole_words and words[0][0].isalnum() else r"[\s\S]"
    trail = _NO_WORD if whole_words and words[-1][-1].isalnum() else ""
    return f"{lead}({pattern}){trail}"


@lru_cache(maxsize=1024)
def _compile_plural(phrase: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    words = _split_hyphens(to_well_formed(phrase).replace("\u2019", "'").split())
    lead = _NO_WORD if words[0][0].isalnum() else r"[\s\S]"
    plural = "(?:s|es)?" if words[-1][-1].isalpha() else ""
    return re2.compile(lead + r"[\s-]+".join(map(_write, words)) + plural, options)


def _split_hyphens(words: Iterable[str]) -> list[str]:
    parts = [part for word in words for part in word.split("-") if part]
    return parts or ["-"]


def _write(word: str) -> str:
    return str(re2.escape(word)).replace(r"\'", _APOSTROPHES)


def _write_near(word: str) -> str:
    """Write a word, and it with one letter behind the first wrong, missing, too many or swapped with the next."""
    if len(word) < _SHORTEST_NEAR:
        return _write(word)
    wrong = (f"{_write(word[:at])}\\S?{_write(word[at + 1 :])}" for at in range(1, len(word)))
    added = (f"{_write(word[:at])}\\S{_write(word[at:])}" for at in range(1, len(word) + 1))
    swapped = (_write(word[:at] + word[at + 1] + word[at] + word[at + 2 :]) for at in range(1, len(word) - 1))
    return f"(?:{'|'.join((_write(word), *swapped, *wrong, *added))})"
