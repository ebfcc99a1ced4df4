"""What a run says of itself at its end: what it used, how long it took and why its text is valid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import asdict

from domain.run.codec import finding_to_wire
from domain.run.history import Attempt, History, summarize_usage
from domain.run.model import RunSpec


def describe_run(run_id: str, spec: RunSpec, history: History, *, now: datetime) -> dict[str, Any]:
    """Return the metadata of a terminal event; times are seconds, `limit` is the bound that ended the run or None."""
    return {
        "run_id": run_id,
        "trace_id": spec.trace_id,
        "prompt": {"name": spec.prompt.name, "version": spec.prompt.version, "hash": spec.prompt.hash},
        "model": {
            "asked": spec.model,
            "models": list(spec.models),
            "used": list(dict.fromkeys(call.model for call in history.usages)),
        },
        "output_format": spec.output_format,
        "attempts": [_describe_attempt(attempt, history) for attempt in history.attempts.values()],
        "calls": _describe_calls(history),
        "usage": summarize_usage(history.usages),
        "prices": _describe_prices(history),
        "stages": {stage.value: round(seconds, 3) for stage, seconds in history.stage_seconds.items()},
        "duration_seconds": _seconds(history.created_at, now),
        "time_to_first_token_seconds": _seconds(history.created_at, history.first_token_at),
        "restarts": history.restarts,
        "rerun_of": None if spec.rerun_of is None else spec.rerun_of.provenance,
        "limit": None,
    }


def _describe_attempt(attempt: Attempt, history: History) -> dict[str, Any]:
    calls = [call for call in history.usages if call.attempt == attempt.number]
    return {
        "attempt": attempt.number,
        "passed": attempt.passed,
        "ended_early": attempt.text is None,
        "findings": [finding_to_wire(finding) for finding in attempt.findings or ()],
        "usage": summarize_usage(calls),
        "base": attempt.base,
        "edits": attempt.edits,
        "changes": None if attempt.changes is None else asdict(attempt.changes),
        "judge": None if attempt.judge is None else asdict(attempt.judge),
    }


def _describe_calls(history: History) -> list[dict[str, Any]]:
    """Tell how often each text was asked for until there was an answer: which models, and why they failed."""
    calls: list[dict[str, Any]] = []
    is_open = False
    for used in history.usages:
        place = {"stage": used.stage.value, "attempt": used.attempt}
        if not is_open or calls[-1] | place != calls[-1]:
            calls.append({**place, "tries": 0, "models": [], "failures": []})
        call = calls[-1]
        call["tries"] += 1
        call["models"] = list(dict.fromkeys((*call["models"], used.model)))
        is_open = used.failure is not None
        if used.failure is not None:
            call["failures"].append(used.failure)
    return calls


def _describe_prices(history: History) -> list[dict[str, str | None]]:
    """Tell by which price lists the calls were charged."""
    origins = [call.price for call in history.usages if call.price is not None]
    return [
        {"source": origin.source, "date": None if origin.date is None else origin.date.isoformat()}
        for origin in dict.fromkeys(origins)
    ]


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)
