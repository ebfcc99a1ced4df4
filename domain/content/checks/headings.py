"""The check `headings`: how many headings a text has, of which levels, and which ones it must have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.length import refuse_bad_range, refuse_no_bound
from domain.content.checks.option import OptionError
from domain.content.finding import Finding, place_at
from domain.content.markup import Heading, find_headings

_LEVEL = {"type": "integer", "minimum": 1, "maximum": 6}


@frozen(kw_only=True)
class HeadingsCheck:
    """Bounds of the number of headings, the levels they may have, and titles that must be there.

    With `in_order` the titles must stand in the order in which they are listed. Titles are compared without regard to
    case and to white space.
    """

    kind: ClassVar[str] = "headings"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {
            "min": {"type": "integer", "minimum": 1},
            "max": {"type": "integer", "minimum": 0},
            "levels": {"type": "array", "items": _LEVEL, "minItems": 1, "uniqueItems": True},
            "titles": {"type": "array", "items": {"type": "string", "pattern": r"\S"}, "minItems": 1, "maxItems": 50},
            "in_order": {"type": "boolean"},
        }
    }

    min: int | None = None
    max: int | None = None
    levels: tuple[int, ...] = field(default=(), converter=tuple)
    titles: tuple[str, ...] = field(default=(), converter=tuple)
    in_order: bool = False
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_no_bound(self.min, self.max, self.levels or None, self.titles or None)
        refuse_bad_range(self.min, self.max)
        if self.max is not None and len(self.titles) > self.max:
            raise OptionError("/titles", f"lists more headings than max ({self.max:,})")

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Look at every heading of Markdown or HTML, but not into code."""
        headings = find_headings(text)
        return (
            *self._judge_count(text, headings),
            *self._judge_levels(text, headings),
            *self._judge_titles(text, headings),
        )

    def _judge_count(self, text: str, headings: Sequence[Heading]) -> Iterator[Finding]:
        count = len(headings)
        if self.min is not None and count < self.min:
            yield self._find(f"has {_count(count)}, {self.min - count:,} too few: use at least {self.min:,}.")
        if self.max is not None and count > self.max:
            message = f"has {_count(count)}, {count - self.max:,} too many: use at most {self.max:,}."
            yield self._find(message, text, headings[self.max])

    def _judge_levels(self, text: str, headings: Sequence[Heading]) -> Iterator[Finding]:
        wrong = next((heading for heading in headings if self.levels and heading.level not in self.levels), None)
        if wrong is not None:
            allowed = " or ".join(map(str, sorted(self.levels)))
            yield self._find(f"has a heading of level {wrong.level}: use level {allowed} only.", text, wrong)

    def _judge_titles(self, text: str, headings: Sequence[Heading]) -> Iterator[Finding]:
        places = {_normalize(heading.title): heading for heading in reversed(headings)}
        before: Heading | None = None
        for title in self.titles:
            heading = places.get(_normalize(title))
            if heading is None:
                yield self._find(f'has no heading "{title}": add it.')
            elif self.in_order and before is not None and heading.start < before.start:
                yield self._find(f'has the heading "{title}" before "{before.title}": put it behind.', text, heading)
            else:
                before = heading

    def _find(self, message: str, text: str = "", heading: Heading | None = None) -> Finding:
        where = None if heading is None else place_at(text, heading.start, heading.end)
        return Finding(check=self.kind, message=message, where=where)


def _normalize(title: str) -> str:
    return " ".join(title.split()).casefold()


def _count(number: int) -> str:
    return "1 heading" if number == 1 else f"{number:,} headings"
