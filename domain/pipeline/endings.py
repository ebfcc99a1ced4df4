"""How runs end: the last progress and the one terminal event, always in one append."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, assert_never, get_args

from domain.content.checks import find_missing_kinds
from domain.errors import DailyLimitName, InvalidRequestError
from domain.run.events import Event, Progressed, RunCancelled, RunCompleted, RunFailed, TerminalEvent
from domain.run.history import History
from domain.run.limits import LimitName
from domain.run.model import Finish, RunStatus, Stage

LIMIT_WORDS: dict[LimitName, str] = {
    "attempts": "The run's limit of attempts",
    "output_tokens": "The run's limit of output tokens",
    "total_tokens": "The run's limit of tokens",
    "cost_usd": "The run's limit of money",
    "deadline_seconds": "The run's limit of time",
    "user_tokens_per_day": "The user's limit of tokens for today",
    "user_usd_per_day": "The user's limit of money for today",
}
DAILY_LIMITS = frozenset(get_args(DailyLimitName))


def end_valid(history: History) -> tuple[Event, ...]:
    """The text has passed every check."""
    attempt = max(history.attempts)
    done = f"Done: the text has passed its checks in attempt {attempt}"
    return (
        Progressed(stage=Stage.DONE, message=done, progress=100),
        RunCompleted(success=True, output=history.attempts[attempt].text or "", metadata={"limit": None}),
    )


def end_at_limit(history: History, limit: LimitName) -> tuple[Event, ...]:
    """A bound was met: the best text there is, or an error where there is none."""
    best = history.best.text if history.best is not None else history.draft.draft if history.draft else None
    reason = f"{LIMIT_WORDS[limit]} is used up"
    if best is None:
        advice = "run it again tomorrow" if limit in DAILY_LIMITS else "allow more and run it again"
        message = f"{reason} before there was a text; {advice}."
        return end_failed(history, code="limit_reached", message=message, retryable=False, limit=limit)
    return (
        Progressed(stage=Stage.FAIL, message=f"{reason}; the best text still has findings", progress=100),
        RunCompleted(success=False, output=best, metadata={"limit": limit}),
    )


def end_failed(
    history: History, *, code: str, message: str, retryable: bool, limit: LimitName | None = None
) -> tuple[Event, ...]:
    """The run could not be carried out."""
    return (
        Progressed(stage=Stage.FAIL, message=message, progress=100),
        RunFailed(
            code=code,
            message=message,
            retryable=retryable,
            stage=history.stage or Stage.LOAD_PROMPTS,
            draft=history.text_so_far,
            metadata={"limit": limit},
        ),
    )


def end_unfit(history: History, checks: Iterable[Mapping[str, Any]], error: InvalidRequestError) -> tuple[Event, ...]:
    """What was admitted once can't be carried out any more: a check is gone, or the rules have changed."""
    missing = find_missing_kinds(checks)
    if missing:
        which = f"check {missing[0]}, which is" if len(missing) == 1 else f"checks {', '.join(missing)}, which are"
        message = (
            f"The run needs the {which} not installed here: install the package that brings it "
            "(entry point group galley.checks), restart and run it again."
        )
        return end_failed(history, code="check_not_installed", message=message, retryable=False)
    said = ": ".join(
        (error.message.rstrip("."), *(f"{fault.pointer} {fault.message}".strip() for fault in error.faults))
    )
    message = f"This version of Galley can't carry the run out ({said}); mend its prompt set and run it again."
    return end_failed(history, code=error.code, message=message, retryable=False)


def end_cancelled(history: History, message: str) -> tuple[Event, ...]:
    """Somebody cancelled it; no percent 100, since it did not arrive."""
    return (RunCancelled(message=message, draft=history.text_so_far, metadata={"limit": None}),)


def finish_of(event: TerminalEvent) -> Finish:
    """Return what a terminal event makes of its run."""
    match event:
        case RunCompleted():
            return Finish(status=RunStatus.COMPLETE, success=event.success)
        case RunFailed():
            return Finish(status=RunStatus.ERROR)
        case RunCancelled():
            return Finish(status=RunStatus.CANCELLED)
        case _:
            assert_never(event)
