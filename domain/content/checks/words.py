"""The check `words`: how many words a text has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import LENGTH_OPTIONS, is_due, refuse_bad_range, refuse_no_bound
from domain.content.finding import Finding, place_at
from domain.content.words import count_words, find_word


@frozen(kw_only=True)
class WordsCheck:
    """At least `min` and at most `max` words; a word is a piece between white space with a letter or a digit."""

    kind: ClassVar[str] = "words"
    options: ClassVar[Mapping[str, Any]] = LENGTH_OPTIONS

    min: int | None = None
    max: int | None = None
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_no_bound(self.min, self.max)
        refuse_bad_range(self.min, self.max)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Count the words."""
        count = count_words(text)
        if self.min is not None and count < self.min:
            message = f"has {count:,} words, {self.min - count:,} too few: write at least {self.min:,}."
            return (Finding(check=self.kind, message=message),)
        if self.max is not None and count > self.max:
            message = f"has {count:,} words, {count - self.max:,} too many: cut it to at most {self.max:,}."
            return (self._find_overrun(text, self.max, message),)
        return ()

    def scan(self, text: str, start: int) -> Finding | None:
        """Count the words of a beginning; the last one may be unfinished, but it is one already."""
        if self.max is None or len(text) <= self.max or not is_due(start, len(text)):
            return None
        if count_words(text) <= self.max:
            return None
        return self._find_overrun(text, self.max, f"is over {self.max:,} words already: write at most that many.")

    def _find_overrun(self, text: str, most: int, message: str) -> Finding:
        return Finding(check=self.kind, message=message, where=place_at(text, *find_word(text, most + 1)))
