"""The check `required_pattern`: a regular expression that must match somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.patterns import PATTERN_OPTIONS, refuse_bad_pattern
from domain.content.finding import Finding
from domain.content.pattern import compile_pattern, iterate_matches


@frozen(kw_only=True)
class RequiredPatternCheck:
    """`pattern` (RE2) matches somewhere in the text; `advice` is what the writer is told otherwise."""

    kind: ClassVar[str] = "required_pattern"
    options: ClassVar[Mapping[str, Any]] = PATTERN_OPTIONS

    pattern: str
    advice: str
    case_sensitive: bool = True
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_bad_pattern(self.pattern, case_sensitive=self.case_sensitive)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Look for the first match."""
        compiled = compile_pattern(self.pattern, case_sensitive=self.case_sensitive)
        if any(True for _ in iterate_matches(compiled, text, 1)):
            return ()
        return (Finding(check=self.kind, message=f"has nothing of the form {self.pattern}: {self.advice}"),)
