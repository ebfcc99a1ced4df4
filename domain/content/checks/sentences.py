"""The check `sentences`: how many sentences a text has, and how long they may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import COUNT, is_due, refuse_bad_range, refuse_no_bound
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.prose import Span, blank_markup, iterate_sentences
from domain.content.words import count_words


@frozen(kw_only=True)
class SentencesCheck:
    """At least `min` and at most `max` sentences, none of more than `max_words` words.

    A sentence ends with . ! ? … or with its paragraph or list item; headings, table rows and code are none.
    """

    kind: ClassVar[str] = "sentences"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {"min": COUNT, "max": COUNT, "max_words": {"type": "integer", "minimum": 3}}
    }

    min: int | None = None
    max: int | None = None
    max_words: int | None = None
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_no_bound(self.min, self.max, self.max_words)
        refuse_bad_range(self.min, self.max)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Count the sentences, and tell the first 20 that are too long."""
        prose = blank_markup(text)
        spans = tuple(iterate_sentences(prose))
        return (*self._judge_count(text, spans), *islice(self._judge_length(text, prose, spans), MOST_FINDINGS))

    def scan(self, text: str, start: int) -> Finding | None:
        """Count the sentences of the lines that are whole: later words can't join them."""
        if self.max is None or not is_due(start, len(text)):
            return None
        whole = text[: text.rfind("\n\n") + 1]
        # What looks like prose may turn out to be code when its block is closed.
        if "<pre" in whole.lower() or "<code" in whole.lower():
            return None
        return next(self._judge_most(whole, tuple(iterate_sentences(blank_markup(whole)))), None)

    def _judge_count(self, text: str, spans: tuple[Span, ...]) -> Iterator[Finding]:
        count = len(spans)
        if self.min is not None and count < self.min:
            missing = f"{self.min - count:,} too few: write at least {self.min:,}."
            yield Finding(check=self.kind, message=f"has {_count(count)}, {missing}")
        yield from self._judge_most(text, spans)

    def _judge_most(self, text: str, spans: tuple[Span, ...]) -> Iterator[Finding]:
        if self.max is not None and len(spans) > self.max:
            message = f"has {_count(len(spans))}, {len(spans) - self.max:,} too many: cut it to at most {self.max:,}."
            yield Finding(check=self.kind, message=message, where=place_at(text, *spans[self.max]))

    def _judge_length(self, text: str, prose: str, spans: tuple[Span, ...]) -> Iterator[Finding]:
        if self.max_words is None:
            return
        for start, end in spans:
            # No text has more words than characters, and most sentences that somebody crafts are short.
            if end - start <= self.max_words:
                continue
            words = count_words(prose[start:end])
            if words > self.max_words:
                message = f"has a sentence of {words:,} words: split it, so that none has more than {self.max_words:,}."
                yield Finding(check=self.kind, message=message, where=place_at(text, start, end))


def _count(number: int) -> str:
    return "1 sentence" if number == 1 else f"{number:,} sentences"
