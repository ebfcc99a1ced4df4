"""The cases of the repair benchmark, read from their data: what a model wrote first and what it should have written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from attrs import define

from domain.content.checks import make_check
from domain.content.finding import Finding
from domain.content.formats import format_findings, format_text
from domain.run.model import OutputFormat

CASES = Path(__file__).parent / "cases" / "repair.yaml"


@define(kw_only=True, slots=False)
class Case:
    """One case; `kind` is local, whole or early, and with `has_unusable_edits` the model quotes wrongly."""

    name: str
    kind: str
    format: OutputFormat
    checks: tuple[Mapping[str, Any], ...]
    first: str
    good: str
    has_unusable_edits: bool

    @cached_property
    def compiled(self) -> tuple[Any, ...]:
        """The checks, ready to judge."""
        return tuple(make_check(check) for check in self.checks)

    def judge(self, draft: str) -> tuple[str, tuple[Finding, ...]]:
        """Return a draft's text in the case's format, and everything that is found against it."""
        text = format_text(draft, self.format)
        findings = format_findings(text, self.format)
        for check in self.compiled:
            findings += check.judge(draft if check.on == "draft" else text)
        return text, findings


def read_cases() -> tuple[Case, ...]:
    """Read every case.

    Raises:
        SystemExit: In one the good text has findings, or the first one has none.
    """
    document = yaml.safe_load(CASES.read_text())
    cases = tuple(_make(case, document["texts"]) for case in document["cases"])
    for case in cases:
        if case.judge(case.good)[1] or not case.judge(case.first)[1]:
            raise SystemExit(f"{case.name} is no sound case: {case.judge(case.good)[1]}")
    return cases


def _make(case: Mapping[str, Any], texts: Mapping[str, Any]) -> Case:
    good = texts[case["text"]]["text"]
    first = good
    for right, wrong in case.get("swap", ()):
        if first.count(right) != 1:
            raise SystemExit(f"{case['name']}: {right!r} is not in the text exactly once")
        first = first.replace(right, wrong)
    dropped = case.get("drop", ())
    paragraphs = [part for number, part in enumerate(first.split("\n\n")) if number not in dropped]
    others = [part for name, text in texts.items() if name != case["text"] for part in text["text"].split("\n\n")]
    prose = [part for part in others if not part.startswith(("#", "{"))]
    return Case(
        name=case["name"],
        kind=case["kind"],
        format=texts[case["text"]]["format"],
        checks=tuple(case["checks"]),
        first="\n\n".join((*paragraphs, *prose[: case.get("extra", 0)])),
        good=good,
        has_unusable_edits=case.get("edits") == "unusable",
    )
