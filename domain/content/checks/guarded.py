"""A third party's check, held so that its failure is a finding and never the end of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from attrs import evolve, field, frozen

from domain.content.check import Check, JudgedText, PrefixCheck
from domain.content.finding import MOST_FINDINGS, QUOTE_LENGTH, Finding, Place
from domain.content.text import to_well_formed

Report = Callable[[str, BaseException], None]
"""Tells the operator which kind of check broke, and of what."""

_LONGEST_MESSAGE = 1_000
# A check that leaves the process is as broken as one that raises.
_FAILURES = (Exception, SystemExit)


@frozen(kw_only=True)
class GuardedCheck:
    """Judges as `check` does, as findings of `kind`; one that raises, or returns something else, has one finding.

    The text does not pass then, since nobody knows whether it would.
    """

    kind: str
    check: Check
    on: JudgedText
    report: Report = field(eq=False)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Return the first 20 findings, or the one that says that the check broke."""
        try:
            return _read(self.kind, self.check.judge(text))
        except _FAILURES as error:
            return (self._tell(error),)

    def _tell(self, error: BaseException) -> Finding:
        self.report(self.kind, error)
        said = f"could not be checked, because the check {self.kind} broke ({type(error).__name__})"
        return Finding(check=self.kind, message=f"{said}: change nothing for it; the operator has to mend the check.")


@frozen(kw_only=True)
class GuardedPrefixCheck(GuardedCheck):
    """A guarded check that can be decided on a beginning; where that breaks, the whole text is waited for."""

    def scan(self, text: str, start: int) -> Finding | None:
        """Return what the check finds."""
        assert isinstance(self.check, PrefixCheck)
        try:
            found = self.check.scan(text, start)
            return None if found is None else _read(self.kind, (found,))[0]
        except _FAILURES as error:
            self.report(self.kind, error)
            return None


def guard(kind: str, check: Any, report: Report) -> GuardedCheck:
    """Hold a check; what its `on` says is asked once."""
    holder = GuardedPrefixCheck if isinstance(check, PrefixCheck) else GuardedCheck
    on: JudgedText = "draft" if check.on == "draft" else "output"
    return holder(kind=kind, check=check, on=on, report=report)


def _read(kind: str, findings: Iterable[Any]) -> tuple[Finding, ...]:
    return tuple(_read_finding(kind, finding) for finding in islice(findings, MOST_FINDINGS))


def _read_finding(kind: str, finding: Any) -> Finding:
    if not isinstance(finding, Finding) or not isinstance(finding.message, str):
        raise TypeError(f"{type(finding).__name__} is no finding")
    return Finding(
        check=kind,
        message=to_well_formed(finding.message[:_LONGEST_MESSAGE]),
        where=None if finding.where is None else _read_place(finding.where),
    )


def _read_place(place: Any) -> Place:
    if not isinstance(place, Place):
        raise TypeError(f"{type(place).__name__} is no place")
    numbers: tuple[Any, ...] = (place.line, place.column)
    if not all(number is None or (isinstance(number, int) and number >= 1) for number in numbers):
        raise TypeError("a line and a column are whole numbers from 1")
    quote = None if place.quote is None else to_well_formed(place.quote[:QUOTE_LENGTH])
    pointer = None if place.pointer is None else to_well_formed(place.pointer)
    return evolve(place, quote=quote, pointer=pointer)
