"""The check `readability`: how easy a text is to read, on Flesch's scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import refuse_bad_range, refuse_no_bound
from domain.content.finding import QUOTE_LENGTH, Finding
from domain.content.readability import EASE, Measure, measure, reading_ease

_SCORE: Mapping[str, Any] = {"type": "number", "minimum": -100, "maximum": 120}


@frozen(kw_only=True)
class ReadabilityCheck:
    """A reading ease from `min` to `max`: 90 very easy, 60 plain, 30 for graduates; see `reading_ease` for languages.

    A text of fewer than 30 words passes.
    """

    kind: ClassVar[str] = "readability"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {"min": _SCORE, "max": _SCORE, "language": {"enum": list(EASE)}},
    }

    min: float | None = None
    max: float | None = None
    language: str = "en"
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_no_bound(self.min, self.max)
        refuse_bad_range(self.min, self.max)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Measure the whole text; the finding has no place, since every sentence takes part in it."""
        counts = measure(text, self.language)
        if counts is None:
            return ()
        ease = reading_ease(counts, self.language)
        if self.min is not None and ease < self.min:
            message = f"is too hard to read, at a reading ease of {ease:.0f} where at least {self.min:g} is asked for: "
            return (Finding(check=self.kind, message=message + simplify(counts)),)
        if self.max is not None and ease > self.max:
            message = f"is too simple, at a reading ease of {ease:.0f} where at most {self.max:g} is asked for: "
            return (Finding(check=self.kind, message=message + "join short sentences and use more exact words."),)
        return ()


def simplify(counts: Measure) -> str:
    """Say how a text becomes easier to read."""
    averages = f"{counts.words_a_sentence:.0f} words a sentence and {counts.syllables_a_word:.1f} syllables a word"
    quote = counts.hardest[:QUOTE_LENGTH]
    return f'split long sentences and use shorter words (now {averages}); the longest one begins "{quote}".'
