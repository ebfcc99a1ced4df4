"""What a log folds to: where a run stands, what it has so far, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from attrs import Factory, define, evolve, frozen

from domain.content.finding import Finding
from domain.content.judgement import CHECK, Judgement
from domain.content.word_diff import WordChanges
from domain.run.codec import decode_event
from domain.run.events import (
    INTERRUPTED,
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunQueued,
    SeqRange,
    StageRestarted,
    TerminalEvent,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
    UnknownEvent,
)
from domain.run.model import OutputFormat, Record, Stage


@frozen(kw_only=True)
class Attempt:
    """One try at a valid text; `findings` is None until it was judged, `text` None where it was ended early.

    `raw` is what the model wrote, before formatting, as far as it got; where it gave edits, the text with them. `base`
    is the attempt that this one repaired, with the `changes` to its text.
    """

    number: int
    text: str | None = None
    format: OutputFormat | None = None
    truncated: bool = False
    findings: tuple[Finding, ...] | None = None
    passed: bool = False
    raw: str = ""
    base: int | None = None
    edits: int | None = None
    changes: WordChanges | None = None
    judge: Judgement | None = None


@define(kw_only=True)
class Partial:
    """The deltas of the stage that is under way: their texts and the seqs of the first and last one."""

    stage: Stage
    attempt: int
    pieces: list[str]
    from_seq: int
    to_seq: int

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


@define(kw_only=True)
class History:
    """The fold of a run's log, record by record; the pipeline goes on from it after any crash.

    `losses` counts the workers lost since the last finished stage, `failed_calls` are the provider's failures since
    then, and `model` was asked last. `has_open_call` says that a provider call was begun and its usage not written yet.
    `stage_seconds` sums the time spent by stage. `unusable_edits` counts the edit lists of the run that did not apply,
    `unusable_judgements` those of the attempt under way that could not be read.
    """

    queued: RunQueued | None = None
    draft: DraftWritten | None = None
    attempts: dict[int, Attempt] = Factory(dict)
    partial: Partial | None = None
    usages: list[TokensUsed] = Factory(list)
    terminal: TerminalEvent | None = None
    stage: Stage | None = None
    attempt: int = 1
    percent: int = 0
    message: str = ""
    losses: int = 0
    failed_calls: list[TokensUsed] = Factory(list)
    model: str | None = None
    has_open_call: bool = False
    restarts: int = 0
    unusable_edits: int = 0
    unusable_judgements: int = 0
    epoch: int = 0
    seq: int = 0
    created_at: datetime | None = None
    time: datetime | None = None
    first_token_at: datetime | None = None
    stage_seconds: dict[Stage, float] = Factory(dict)

    @classmethod
    def fold(cls, records: Iterable[Record]) -> History:
        """Fold records in the order of their seq, from seq 1."""
        history = cls()
        for record in records:
            history.apply(decode_event(record), seq=record.seq, time=record.time, epoch=record.epoch)
        return history

    def apply(self, event: Event | UnknownEvent, *, seq: int = 0, time: datetime | None = None, epoch: int = 0) -> None:
        """Take in one more event."""
        self._measure(time)
        self.seq, self.epoch = seq, epoch
        match event:
            case RunQueued():
                self.queued, self.created_at = event, time
            case Progressed():
                self._progress(event)
            case TextGrew():
                self._grow(event, seq, time)
            case DraftWritten():
                self.draft, self.percent = event, event.progress
                self._finish_stage()
            case TextFormatted() | TextJudged():
                self._judge(event)
            case TokensUsed():
                self._account(event)
            case StageRestarted():
                self._restart(event)
            case RunCompleted() | RunFailed() | RunCancelled():
                self.terminal, self.partial = event, None
            case UnknownEvent():
                pass
            case _:
                assert_never(event)

    @property
    def best(self) -> Attempt | None:
        """The attempt with the fewest findings, the later of equals; an unjudged text only where there is no other."""
        return find_best(self.attempts.values())

    @property
    def text_so_far(self) -> str | None:
        """The best text there is for somebody who stops here: formatted, drafted or still being written."""
        if self.best is not None:
            return self.best.text
        if self.draft is not None:
            return self.draft.draft
        partials = [self.partial.text] if self.partial else [a.raw for a in self.attempts.values() if a.raw]
        return partials[-1] if partials else None

    @property
    def superseded(self) -> SeqRange | None:
        """The deltas of the stage under way, which a restart takes back."""
        if self.partial is None:
            return None
        return SeqRange(from_seq=self.partial.from_seq, to_seq=self.partial.to_seq)

    def _measure(self, time: datetime | None) -> None:
        if time is None:
            return
        if self.time is not None and self.stage is not None:
            spent = (time - self.time).total_seconds()
            self.stage_seconds[self.stage] = self.stage_seconds.get(self.stage, 0.0) + spent
        self.time = time

    def _progress(self, event: Progressed) -> None:
        self.stage, self.percent, self.message = event.stage, event.progress, event.message
        self.attempt = event.attempt or self.attempt
        is_calling = event.stage is Stage.GENERATOR or (
            event.stage is Stage.RETRY and self.attempt not in self.attempts
        )
        self.model = event.model or self.model
        if event.retry_in_seconds is not None:
            self.has_open_call = False
        elif (is_calling and self.draft_is_open) or event.model is not None:
            self.has_open_call = True

    def _account(self, event: TokensUsed) -> None:
        self.usages.append(event)
        self.has_open_call = False
        if event.failure not in (None, INTERRUPTED):
            self.failed_calls.append(event)

    @property
    def draft_is_open(self) -> bool:
        """Whether the attempt under way still waits for its text."""
        return self.attempt not in self.attempts and not (self.attempt == 1 and self.draft is not None)

    def _grow(self, event: TextGrew, seq: int, time: datetime | None) -> None:
        self.has_open_call = True
        self.first_token_at = self.first_token_at or time
        if self.partial is None or event.offset == 0:
            self.partial = Partial(stage=event.stage, attempt=event.attempt, pieces=[], from_seq=seq, to_seq=seq)
        self.partial.pieces.append(event.text)
        self.partial.to_seq = seq

    def _judge(self, event: TextFormatted | TextJudged) -> None:
        before = self.attempts.get(event.attempt, Attempt(number=event.attempt))
        raw = self.partial.text if self.partial is not None else before.raw
        if isinstance(event, TextFormatted):
            after = evolve(
                before,
                text=event.text,
                format=event.format,
                truncated=event.truncated,
                raw=raw,
                base=event.base,
                edits=event.edits,
                changes=event.changes,
            )
        else:
            after = evolve(before, findings=event.findings, passed=event.passed, judge=event.judge, raw=raw)
        self.attempts[event.attempt] = after
        self._finish_stage()

    def _restart(self, event: StageRestarted) -> None:
        self.partial = None
        if event.reason == "answer_unusable":
            self._pass_over(event.attempt)
            return
        self.restarts += 1
        if event.reason == "worker_lost":
            self.losses += 1
        # A call that is begun again has no event of its own: the restart is its first trace.
        self.has_open_call = event.stage in (Stage.GENERATOR, Stage.RETRY) and self.draft_is_open

    def _pass_over(self, attempt: int) -> None:
        self.losses = 0
        self.failed_calls = []
        self.has_open_call = False
        if attempt in self.attempts:
            self.unusable_judgements += 1
        else:
            self.unusable_edits += 1

    def _finish_stage(self) -> None:
        self.partial = None
        self.failed_calls = []
        self.losses = self.unusable_judgements = 0
        self.has_open_call = False


def find_best(attempts: Iterable[Attempt]) -> Attempt | None:
    """Return the attempt with the fewest findings, the later of equals; an unjudged text only where there is no other.

    A text that only the judge has something against is better than any that broke a check: its score counts.
    """
    texts = [attempt for attempt in attempts if attempt.text is not None]
    judged = [attempt for attempt in texts if attempt.findings is not None]
    return min(judged, key=_rank) if judged else texts[-1] if texts else None


def _rank(attempt: Attempt) -> tuple[int, int, int]:
    broken = [finding for finding in attempt.findings or () if finding.check != CHECK]
    score = attempt.judge.score if attempt.judge is not None else None
    return len(broken), -(score or 0), -attempt.number


def summarize_usage(usages: Iterable[TokensUsed]) -> dict[str, Any]:
    """Add up calls: {calls, input_tokens, output_tokens, cached_tokens, cache_write_tokens, cost_usd, estimated}."""
    calls = list(usages)
    return {
        "calls": len(calls),
        "input_tokens": sum(call.input_tokens for call in calls),
        "output_tokens": sum(call.output_tokens for call in calls),
        "cached_tokens": sum(call.cached_tokens for call in calls),
        "cache_write_tokens": sum(call.cache_write_tokens for call in calls),
        "cost_usd": round(sum(call.cost_usd for call in calls), 9),
        "estimated": any(call.estimated for call in calls),
    }
