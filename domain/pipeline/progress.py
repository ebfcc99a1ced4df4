"""Where on the way from 0 to 100 a run is; a percentage never goes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.run.limits import Limits
from domain.run.model import Stage
from domain.run.usage import CHARACTERS_PER_TOKEN

CHARACTERS_PER_WORD = 6
PERCENT: Mapping[Stage, int] = {
    Stage.LOAD_PROMPTS: 10,
    Stage.GENERATOR: 30,
    Stage.FORMATTER: 60,
    Stage.VALIDATOR: 80,
    Stage.RETRY: 85,
    Stage.DONE: 100,
    Stage.FAIL: 100,
}
GENERATOR_SPAN = 20
RETRY_SPAN = 10
WRITING_SHARE = 0.8
"""How much of one retry is the model's writing; the rest is formatting and checking its text."""


def expected_characters(checks: Iterable[Mapping[str, Any]], limits: Limits) -> int:
    """Guess how long a text becomes: the length check's upper bound, else all of its output tokens."""
    bounds = [
        check["max"] * (CHARACTERS_PER_WORD if check["check"] == "words" else 1)
        for check in checks
        if check.get("check") in ("words", "characters") and isinstance(check.get("max"), int)
    ]
    return max(1, min(bounds, default=CHARACTERS_PER_TOKEN * limits.output_tokens))


def percent_of_writing(stage: Stage, *, attempt: int, attempts: int, written: float) -> int:
    """Return the percentage while a model writes; `written` is the share of the expected text, cut at 1."""
    share = min(1.0, written)
    if stage in (Stage.FORMATTER, Stage.VALIDATOR):
        return PERCENT[stage]
    if stage is Stage.GENERATOR:
        return PERCENT[stage] + int(GENERATOR_SPAN * share)
    return percent_of_retry(attempt=attempt, attempts=attempts, share=WRITING_SHARE * share)


def percent_of_retry(*, attempt: int, attempts: int, share: float) -> int:
    """Return the percentage of retry r of R, r being attempt - 1: from 85 + 10(r-1)/R to 85 + 10r/R."""
    retries = max(1, attempts - 1)
    return PERCENT[Stage.RETRY] + int(RETRY_SPAN * (attempt - 2 + share) / retries)
