"""The check `keywords`: how many of the search terms a text uses, and whether it overdoes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.phrases import PHRASES, count_phrase
from domain.content.finding import Finding
from domain.content.prose import blank_markup
from domain.content.words import count_words

_MOST_KEYWORDS = 50
_FEWEST_USES = 3
"""Less than that is never overdone, however short the text is."""


@frozen(kw_only=True)
class KeywordsCheck:
    """At least `coverage` percent of the keywords occur, none of them as more than `max_density` percent of the words.

    A keyword is found as whole words in any case, in the plural in -s too, with a hyphen or a space between its words.
    """

    kind: ClassVar[str] = "keywords"
    options: ClassVar[Mapping[str, Any]] = {
        "required": ["keywords"],
        "properties": {
            "keywords": {**PHRASES, "maxItems": _MOST_KEYWORDS, "description": "list the search terms"},
            "coverage": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
            "max_density": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
        },
    }

    keywords: tuple[str, ...] = field(converter=tuple)
    coverage: float = 100
    max_density: float | None = None
    on: JudgedText = "output"

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Count every keyword; one that is missing has no place."""
        prose = blank_markup(text)
        most = 1 if self.max_density is None else len(prose)
        uses = {keyword: count_phrase(prose, keyword, most=most) for keyword in self.keywords}
        return (*self._judge_coverage(uses), *self._judge_density(prose, uses))

    def _judge_coverage(self, uses: Mapping[str, int]) -> Iterator[Finding]:
        missing = [keyword for keyword, count in uses.items() if not count]
        needed = ceil(len(uses) * self.coverage / 100)
        lacking = needed - (len(uses) - len(missing))
        if lacking > 0:
            which = ", ".join(f'"{keyword}"' for keyword in missing)
            choice = "" if lacking == len(missing) else f"{lacking:,} of "
            used = f"uses {len(uses) - len(missing):,} of {len(uses):,} keywords"
            yield Finding(check=self.kind, message=f"{used}: work in {choice}{which}, each where it reads naturally.")

    def _judge_density(self, prose: str, uses: Mapping[str, int]) -> Iterator[Finding]:
        if self.max_density is None:
            return
        words = count_words(prose)
        for keyword, count in uses.items():
            share = 100 * count * count_words(keyword) / max(1, words)
            if count >= _FEWEST_USES and share > self.max_density:
                most = max(_FEWEST_USES - 1, int(self.max_density * words / 100 / max(1, count_words(keyword))))
                said = f'says "{keyword}" {count:,} times, {share:.1f} % of the words'
                yield Finding(check=self.kind, message=f"{said}: keep at most {most:,} of them.")
