"""What a run does next, decided from its history alone; this is all there is to resuming."""

from __future__ import annotations

from attrs import frozen

from domain.run.history import History
from domain.run.model import Stage

LOSSES_ALLOWED = 3
"""A stage that lost its worker this often ends the run: what it does is likely what kills them."""


@frozen(kw_only=True)
class Step:
    """The next stage and the attempt that it belongs to."""

    stage: Stage
    attempt: int


def next_step(history: History, *, attempts: int) -> Step:
    """Return the first step whose outcome is not in the log."""
    if history.stage is None:
        return Step(stage=Stage.LOAD_PROMPTS, attempt=1)
    number = max(history.attempts, default=1)
    attempt = history.attempts.get(number)
    if attempt is None:
        return Step(stage=Stage.GENERATOR if history.draft is None else Stage.FORMATTER, attempt=1)
    if attempt.findings is None:
        return Step(stage=Stage.VALIDATOR, attempt=number)
    if attempt.passed:
        return Step(stage=Stage.DONE, attempt=number)
    if number < attempts:
        return Step(stage=Stage.RETRY, attempt=number + 1)
    return Step(stage=Stage.FAIL, attempt=number)
