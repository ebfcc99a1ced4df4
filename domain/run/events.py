"""The facts of a run, as its log and every client know them; the record around one adds run id, seq and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from domain.content.finding import Finding
from domain.content.judgement import Judgement
from domain.content.word_diff import WordChanges
from domain.run.model import OutputFormat, PinnedPrompt, Stage
from domain.run.price import PriceOrigin

INTERRUPTED = "interrupted"
RestartReason = Literal["worker_lost", "handed_over", "provider_failed", "answer_unusable"]


@frozen(kw_only=True)
class RunQueued:
    """A run was admitted: the first event of every run, by which a client learns its id.

    `models` are `model` and those that are asked where it can't be had, in their order; None where there is no other.
    """

    type: Literal["run"] = "run"
    status: Literal["queued"] = "queued"
    prompt: PinnedPrompt
    model: str
    models: tuple[str, ...] | None = None


@frozen(kw_only=True)
class Progressed:
    """Where a run is: `progress` is a percentage that never goes back; `message` is for people.

    `retry_in_seconds` is set while no call is under way because the model can't be asked now. `model` is the one
    that is asked: it is set where a call begins, and while one goes on that has no deltas (edits, a judgement).
    """

    type: Literal["progress"] = "progress"
    stage: Stage
    message: str
    progress: int
    attempt: int | None = None
    eta_seconds: float | None = None
    retry_in_seconds: float | None = None
    model: str | None = None


@frozen(kw_only=True)
class TextGrew:
    """A delta; `offset` counts the Unicode code points of this stage and attempt before it."""

    type: Literal["delta"] = "delta"
    stage: Stage
    attempt: int
    text: str
    offset: int


@frozen(kw_only=True)
class DraftWritten:
    """The generator finished a text; written once, in attempt 1. `truncated`: it was cut at its output tokens."""

    type: Literal["draft"] = "draft"
    stage: Stage = Stage.GENERATOR
    message: str
    progress: Literal[50] = 50
    draft: str
    attempt: int = 1
    truncated: bool = False


@frozen(kw_only=True)
class TextFormatted:
    """An attempt's text in the output format; `truncated`: it was cut at its output tokens.

    A repair names the attempt that it repaired as its `base`, with the `changes` to that one's text; `edits` is how
    many edits made it, None where the model wrote the whole text again.
    """

    type: Literal["text"] = "text"
    stage: Stage
    attempt: int
    text: str
    format: OutputFormat
    truncated: bool = False
    base: int | None = None
    edits: int | None = None
    changes: WordChanges | None = None


@frozen(kw_only=True)
class TextJudged:
    """One validation of an attempt, or what ended it early; `judge` says what came of the judge where there is one."""

    type: Literal["findings"] = "findings"
    attempt: int
    passed: bool
    findings: tuple[Finding, ...] = ()
    judge: Judgement | None = None


@frozen(kw_only=True)
class TokensUsed:
    """What one provider call used, failed, cancelled and superseded ones too; `estimated` where nobody gave a count.

    `failure` is the code of the error that it ended with, or "interrupted" where Galley itself broke it off; None where
    there was an answer.
    """

    type: Literal["usage"] = "usage"
    stage: Stage
    attempt: int
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0
    estimated: bool = False
    price: PriceOrigin | None = None
    failure: str | None = None


@frozen(kw_only=True)
class SeqRange:
    """Records by seq, both ends included."""

    from_seq: int
    to_seq: int


@frozen(kw_only=True)
class StageRestarted:
    """A stage begins again: drop the deltas in `supersedes` (None: there were none); offset starts at 0 again.

    An answer is unusable where edits don't apply or a judgement can't be read: the model is asked in another way.
    """

    type: Literal["restarted"] = "restarted"
    stage: Stage
    attempt: int
    reason: RestartReason
    supersedes: SeqRange | None


@frozen(kw_only=True)
class RunCompleted:
    """Terminal: `success` false when checks still fail or a limit was met; `output` is the best text there is."""

    type: Literal["complete"] = "complete"
    success: bool
    output: str
    metadata: Mapping[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class RunFailed:
    """Terminal: the run could not be carried out; `draft` is the best text there is, if any."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool
    stage: Stage
    draft: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class RunCancelled:
    """Terminal: somebody cancelled the run; `draft` is the text so far, if any."""

    type: Literal["cancelled"] = "cancelled"
    message: str
    draft: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class UnknownEvent:
    """An event of a type that this version does not know; it passes through untouched."""

    type: str
    data: bytes


TerminalEvent = RunCompleted | RunFailed | RunCancelled
Event = (
    RunQueued
    | Progressed
    | TextGrew
    | DraftWritten
    | TextFormatted
    | TextJudged
    | TokensUsed
    | StageRestarted
    | RunCompleted
    | RunFailed
    | RunCancelled
)
EVENT_CLASSES: Mapping[str, type[Event]] = {
    "run": RunQueued,
    "progress": Progressed,
    "delta": TextGrew,
    "draft": DraftWritten,
    "text": TextFormatted,
    "findings": TextJudged,
    "usage": TokensUsed,
    "restarted": StageRestarted,
    "complete": RunCompleted,
    "error": RunFailed,
    "cancelled": RunCancelled,
}
TERMINAL_TYPES = frozenset({"complete", "error", "cancelled"})
