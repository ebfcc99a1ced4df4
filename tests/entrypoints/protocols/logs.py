"""Logs as the pipeline can write them, in all their turns: tries that fail, lost workers, edits, early ends, limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from hypothesis import strategies as st

from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.history import History
from domain.run.model import Record, Stage
from tests.examples import QUEUED, SHORT, make_record

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=6)
USED = TokensUsed(stage=Stage.GENERATOR, attempt=1, model="scripted", input_tokens=1, output_tokens=1)
Draw = Callable[[Any], Any]


@define
class Pen:
    """Writes one log as a run goes, with the turns that are drawn."""

    draw: Draw
    events: list[Event] = field(factory=lambda: [QUEUED])
    history: History = field(factory=History)

    def __attrs_post_init__(self) -> None:
        self.history.apply(QUEUED, seq=1)

    def write(self, *events: Event) -> None:
        for event in events:
            self.events.append(event)
            self.history.apply(event, seq=len(self.events))

    def chance(self) -> bool:
        return bool(self.draw(st.booleans()))

    def grow(self, stage: Stage, attempt: int) -> str:
        """Let a model write, with tries that fail and workers that are lost, until a try is whole."""
        for _ in range(self.draw(st.integers(0, 2))):
            self._try_once(stage, attempt)
            reason = self.draw(st.sampled_from(["worker_lost", "handed_over", "provider_failed"]))
            superseded = self.history.superseded
            if superseded is not None or reason != "provider_failed":
                self.write(USED, StageRestarted(stage=stage, attempt=attempt, reason=reason, supersedes=superseded))
        text = self._try_once(stage, attempt)
        self.write(USED)
        return text

    def _try_once(self, stage: Stage, attempt: int) -> str:
        text = ""
        for piece in self.draw(st.lists(TEXTS, max_size=3)):
            if self.chance():
                self.progress(stage, attempt)
            self.write(TextGrew(stage=stage, attempt=attempt, text=piece, offset=len(text)))
            text += piece
        return text

    def progress(self, stage: Stage, attempt: int | None = None) -> None:
        percent = min(100, self.history.percent + self.draw(st.integers(0, 3)))
        message = self.draw(st.sampled_from(["Working", "Still working"]))
        retry = self.draw(st.sampled_from([None, None, 2.5]))
        self.write(Progressed(stage=stage, message=message, progress=percent, attempt=attempt, retry_in_seconds=retry))

    def first_attempt(self) -> None:
        self.progress(Stage.GENERATOR, 1)
        text = self.grow(Stage.GENERATOR, 1)
        if self.chance():
            self.judge(1, passed=False)
            return
        self.write(DraftWritten(message="Initial draft generated", draft=text))
        self.progress(Stage.FORMATTER, 1)
        formatted = self.grow(Stage.FORMATTER, 1) if self.chance() else f"{text}\n"
        self.write(TextFormatted(stage=Stage.FORMATTER, attempt=1, text=formatted, format="text"))
        self.progress(Stage.VALIDATOR, 1)
        self.judge(1, passed=self.chance())

    def retry(self, attempt: int) -> None:
        self.progress(Stage.RETRY, attempt)
        text, edits = "", None
        if self.chance():
            text, edits = self.draw(TEXTS), 2
            self.write(USED)
        if edits is not None and self.chance():
            edits = None
            self.write(StageRestarted(stage=Stage.RETRY, attempt=attempt, reason="answer_unusable", supersedes=None))
        if edits is None:
            text = self.grow(Stage.RETRY, attempt)
        if edits is not None or self.chance():
            self.write(TextFormatted(stage=Stage.RETRY, attempt=attempt, text=text, format="text", edits=edits))
        self.judge(attempt, passed=self.chance())

    def judge(self, attempt: int, *, passed: bool) -> None:
        self.write(TextJudged(attempt=attempt, passed=passed, findings=() if passed else (SHORT,)))

    @property
    def has_passed(self) -> bool:
        return any(attempt.passed for attempt in self.history.attempts.values())

    def end(self) -> None:
        best = self.history.text_so_far
        match self.draw(st.sampled_from(["complete", "error", "cancelled"])):
            case "complete":
                stage = Stage.DONE if self.has_passed else Stage.FAIL
                self.write(Progressed(stage=stage, message="Done", progress=100))
                self.write(RunCompleted(success=self.has_passed, output=best or ""))
            case "error":
                self.write(Progressed(stage=Stage.FAIL, message="No", progress=100))
                self.write(RunFailed(code="no", message="No", retryable=False, stage=Stage.FAIL, draft=best))
            case _:
                self.write(RunCancelled(message="The run was cancelled.", draft=best))


@st.composite
def logs(draw: Draw) -> tuple[Record, ...]:
    """Return the log of a run that has ended; the end may come at any moment of it."""
    pen = Pen(draw)
    pen.progress(Stage.LOAD_PROMPTS)
    pen.first_attempt()
    for attempt in range(2, draw(st.integers(2, 4))):
        if not pen.has_passed:
            pen.retry(attempt)
    if draw(st.booleans()):
        whole = pen.events
        pen = Pen(draw)
        pen.write(*whole[1 : draw(st.integers(1, len(whole)))])
    pen.end()
    epochs, records = 0, []
    for seq, event in enumerate(pen.events, start=1):
        epochs += seq == 2 or (isinstance(event, StageRestarted) and event.reason == "worker_lost")
        records.append(make_record(event, seq=seq, epoch=epochs))
    return tuple(records)
