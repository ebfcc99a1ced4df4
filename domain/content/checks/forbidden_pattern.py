"""The check `forbidden_pattern`: a regular expression that must match nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import is_due
from domain.content.checks.patterns import PATTERN_OPTIONS, refuse_bad_pattern
from domain.content.finding import Finding, place_at
from domain.content.pattern import MOST_MATCHES, compile_pattern, iterate_matches


@frozen(kw_only=True)
class ForbiddenPatternCheck:
    """`pattern` (RE2) matches nowhere in the text; `advice` is what the writer is told where it does."""

    kind: ClassVar[str] = "forbidden_pattern"
    options: ClassVar[Mapping[str, Any]] = PATTERN_OPTIONS

    pattern: str
    advice: str
    case_sensitive: bool = True
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_bad_pattern(self.pattern, case_sensitive=self.case_sensitive)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the first 5 matches, at their places."""
        return tuple(self._find(text, *span) for span in self._iterate(text, MOST_MATCHES))

    def scan(self, text: str, start: int) -> Finding | None:
        """Look for a match that ends before the text does: what comes later can't undo it, not even for $ and \\b."""
        if not is_due(start, len(text)):
            return None
        found = next((span for span in self._iterate(text, 1) if span[1] < len(text)), None)
        return None if found is None else self._find(text, *found)

    def _iterate(self, text: str, most: int) -> list[tuple[int, int]]:
        compiled = compile_pattern(self.pattern, case_sensitive=self.case_sensitive)
        return list(iterate_matches(compiled, text, most))

    def _find(self, text: str, start: int, end: int) -> Finding:
        message = f"has something of the form {self.pattern}: {self.advice}"
        return Finding(check=self.kind, message=message, where=place_at(text, start, end))
