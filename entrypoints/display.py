"""Telling people of a run in plain lines: what happens, what checks have against it, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from domain.content.finding import Finding
from domain.run.events import (
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunQueued,
    StageRestarted,
    TerminalEvent,
    TextJudged,
    UnknownEvent,
)
from domain.run.history import History, summarize_usage
from domain.run.model import Record, Stage
from entrypoints.printable import make_printable

_REASONS: Final[Mapping[str, str]] = {
    "worker_lost": "its worker was lost",
    "handed_over": "another worker took it over",
    "provider_failed": "the provider failed",
    "answer_unusable": "the model's answer can't be used",
}


class Display(Protocol):
    """Something that shows a run as it goes on."""

    def show(self, record: Record, event: Event | UnknownEvent, history: History) -> None:
        """Show a record and the event in it; `history` is the fold up to and with it."""
        ...


class PlainDisplay:
    """A line for each thing that happens, for logs and pipes; the text itself is not shown."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._last: tuple[Stage, str] | None = None

    def show(self, record: Record, event: Event | UnknownEvent, history: History) -> None:  # noqa: ARG002
        """Write the lines that the event is worth, if any."""
        for line in self._describe(event, history):
            self._write(make_printable(line))

    def _describe(self, event: Event | UnknownEvent, history: History) -> Iterator[str]:
        match event:
            case RunQueued():
                yield describe_run(event)
            case Progressed() if (event.stage, event.message) != self._last:
                self._last = (event.stage, event.message)
                yield f"{event.progress:3} %  {event.stage.value:<12}  {event.message}"
            case TextJudged():
                yield from (f"       {line}" for line in describe_findings(event.findings))
            case StageRestarted():
                yield f"       {event.stage.value} begins again: {_REASONS[event.reason]}"
            case RunCompleted() | RunFailed() | RunCancelled():
                yield f"{describe_end(event, history)}; {describe_usage(history)}."


def describe_run(event: RunQueued) -> str:
    """Say which prompt set and model a run uses."""
    return f"{event.prompt.name}@{event.prompt.version} with {' or '.join(event.models or (event.model,))}"


def describe_findings(findings: tuple[Finding, ...]) -> list[str]:
    """Say what checks have against a text, a line for each finding."""
    return [f"{finding.check}: {finding.message}" for finding in findings]


def describe_end(event: TerminalEvent, history: History) -> str:
    """Say how a run ended, without a full stop."""
    match event:
        case RunCompleted(success=True):
            return f"Complete in attempt {max(history.attempts, default=1)}"
        case RunCompleted():
            left = len(history.best.findings or ()) if history.best else 0
            return f"Not valid: {_count(left, 'finding')} left after {_count(len(history.attempts), 'attempt')}"
        case RunFailed():
            return f"Failed ({event.code}): {event.message.rstrip('.')}"
        case RunCancelled():
            return event.message.rstrip(".")


def describe_usage(history: History) -> str:
    """Say what a run has used so far."""
    usage = summarize_usage(history.usages)
    guess = " (estimated)" if usage["estimated"] else ""
    return f"{usage['input_tokens'] + usage['output_tokens']:,} tokens{guess}, ${usage['cost_usd']:.4f}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
