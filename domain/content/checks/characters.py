"""The check `characters`: how many characters a text has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import LENGTH_OPTIONS, refuse_bad_range, refuse_no_bound
from domain.content.finding import Finding, place_at


@frozen(kw_only=True)
class CharactersCheck:
    """At least `min` and at most `max` Unicode code points; white space at both ends does not count."""

    kind: ClassVar[str] = "characters"
    options: ClassVar[Mapping[str, Any]] = LENGTH_OPTIONS

    min: int | None = None
    max: int | None = None
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_no_bound(self.min, self.max)
        refuse_bad_range(self.min, self.max)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Count the characters."""
        count = len(text.strip())
        if self.min is not None and count < self.min:
            message = f"has {count:,} characters, {self.min - count:,} too few: write at least {self.min:,}."
            return (Finding(check=self.kind, message=message),)
        if self.max is not None and count > self.max:
            message = f"has {count:,} characters, {count - self.max:,} too many: cut it to at most {self.max:,}."
            return (self._find_overrun(text, self.max, message),)
        return ()

    def scan(self, text: str, start: int) -> Finding | None:  # noqa: ARG002
        """Count the characters of a beginning."""
        if self.max is None or len(text) <= self.max or len(text.strip()) <= self.max:
            return None
        return self._find_overrun(text, self.max, f"is over {self.max:,} characters already: write at most that many.")

    def _find_overrun(self, text: str, most: int, message: str) -> Finding:
        start = len(text) - len(text.lstrip()) + most
        return Finding(check=self.kind, message=message, where=place_at(text, start))
