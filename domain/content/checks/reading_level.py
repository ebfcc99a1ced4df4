"""The check `reading_level`: which school grade an English text is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from attrs import frozen

from domain.content.check import JudgedText
from domain.content.checks.length import refuse_bad_range, refuse_no_bound
from domain.content.checks.readability import simplify
from domain.content.finding import Finding
from domain.content.readability import coleman_liau, flesch_kincaid, measure

_GRADE: Mapping[str, Any] = {"type": "number", "minimum": 0, "maximum": 30}
_FORMULAS = {"flesch_kincaid": flesch_kincaid, "coleman_liau": coleman_liau}


@frozen(kw_only=True)
class ReadingLevelCheck:
    """A US school grade from `min` to `max`: 6 is plain for everybody, 9 a newspaper, 13 and more are studies.

    A text of fewer than 30 words passes.
    """

    kind: ClassVar[str] = "reading_level"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {"min": _GRADE, "max": _GRADE, "formula": {"enum": list(_FORMULAS)}},
    }

    min: float | None = None
    max: float | None = None
    formula: Literal["flesch_kincaid", "coleman_liau"] = "flesch_kincaid"
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_no_bound(self.min, self.max)
        refuse_bad_range(self.min, self.max)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Measure the whole text; the finding has no place, since every sentence takes part in it."""
        counts = measure(text, "en")
        if counts is None:
            return ()
        grade = _FORMULAS[self.formula](counts)
        if self.max is not None and grade > self.max:
            message = f"is written for grade {grade:.1f} where at most {self.max:g} is asked for: "
            return (Finding(check=self.kind, message=message + simplify(counts)),)
        if self.min is not None and grade < self.min:
            message = f"is written for grade {grade:.1f} where at least {self.min:g} is asked for: "
            return (Finding(check=self.kind, message=message + "join short sentences and use more exact words."),)
        return ()
