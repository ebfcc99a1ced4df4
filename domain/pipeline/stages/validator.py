"""Validator: every check, cheap ones first."""

from __future__ import annotations

from domain.content.checks import truncated_finding
from domain.content.finding import Finding
from domain.content.formats import format_findings
from domain.pipeline.run import Run
from domain.pipeline.stages.load_prompts import LoadedPrompts
from domain.run.events import TextJudged
from domain.run.history import Attempt


def judge_attempt(run: Run, prompts: LoadedPrompts, attempt: Attempt, *, draft: str) -> TextJudged:
    """Judge an attempt's text, and `draft` with the checks that are on the draft."""
    text = attempt.text or ""
    findings: tuple[Finding, ...] = (truncated_finding(run.spec.limits.output_tokens),) if attempt.truncated else ()
    findings += format_findings(text, run.spec.output_format)
    for check in prompts.checks:
        findings += check.judge(draft if check.on == "draft" else text)
    # What two rules have against the same place in the same words is one finding.
    findings = tuple(dict.fromkeys(findings))
    return TextJudged(attempt=attempt.number, passed=not findings, findings=findings)
