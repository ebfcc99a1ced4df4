"""The events of a run, as its stream tells them: frozen, typed, and open for what a newer server adds.

Texts that a newer server may widen (stages, formats, reasons) are plain `str`; fields that are not known are passed
over, and an event of a type that is not known is an `UnknownEvent`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import force_setattr

from galley_client.errors import ProtocolError


class RunEvent(Struct, frozen=True, kw_only=True):
    """What every event has.

    `seq` counts a run's events: 1, 2, 3 ... without holes. `id` is the cursor to follow the run from behind this event,
    and `raw` the event's JSON as it came, to hand on unchanged.
    """

    type: str
    run_id: str
    seq: int
    time: dt.datetime
    # Names that no JSON of a server has: these two come with the frame and not in its data.
    id: str = field(default="", name="galley_client.id")
    raw: bytes = field(default=b"", name="galley_client.raw")

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "raw")
        return f"{type(self).__name__}({', '.join(shown)})"


class PinnedPrompt(Struct, frozen=True, kw_only=True):
    """Which version of which prompt set a run uses; `hash` is of its content."""

    name: str
    version: int
    hash: str


class RunQueued(RunEvent, frozen=True, kw_only=True):
    """The first event of every run. `models` are all that may write, where several were named."""

    type: str = "run"
    status: str
    prompt: PinnedPrompt
    model: str
    models: tuple[str, ...] | None = None


class Progressed(RunEvent, frozen=True, kw_only=True):
    """Where the run is: `progress` is a percentage that never goes back, `message` is for people.

    `retry_in_seconds` is set while the model can't be asked, `model` where a call to it begins.
    """

    type: str = "progress"
    stage: str
    message: str
    progress: int
    attempt: int | None = None
    eta_seconds: float | None = None
    retry_in_seconds: float | None = None
    model: str | None = None


class TextGrew(RunEvent, frozen=True, kw_only=True):
    """A piece of the text under way; `offset` counts the code points of this stage and attempt before it."""

    type: str = "delta"
    stage: str
    attempt: int
    text: str
    offset: int


class DraftWritten(RunEvent, frozen=True, kw_only=True):
    """The generator's finished text, once; `truncated`: it was cut at its output tokens."""

    type: str = "draft"
    stage: str
    message: str
    progress: int
    draft: str
    attempt: int = 1
    truncated: bool = False


class WordChange(Struct, frozen=True, kw_only=True):
    """Words that stand where others stood; `line` counts from 1 in the text as it was."""

    line: int
    removed: str
    added: str


class WordChanges(Struct, frozen=True, kw_only=True):
    """How many words went and came, and the first places where; `omitted` counts the places behind them."""

    words_removed: int
    words_added: int
    places: tuple[WordChange, ...]
    omitted: int = 0


class TextFormatted(RunEvent, frozen=True, kw_only=True):
    """An attempt's text in the output format. A repair names the attempt that it repaired, and what it changed."""

    type: str = "text"
    stage: str
    attempt: int
    text: str
    format: str
    truncated: bool = False
    base: int | None = None
    edits: int | None = None
    changes: WordChanges | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Where in a text, in lines and columns from 1; `pointer` (RFC 6901) stands for them in JSON output."""

    line: int | None = None
    column: int | None = None
    quote: str | None = None
    pointer: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that a check has against a text; `message` says how to mend it."""

    check: str
    message: str
    where: Place | None = None


class Judgement(Struct, frozen=True, kw_only=True):
    """What came of the judge: a score from 1 to 5, or a note that says why there is none."""

    threshold: float
    score: int | None = None
    reasons: tuple[str, ...] = ()
    note: str | None = None


class TextJudged(RunEvent, frozen=True, kw_only=True):
    """What the checks found in an attempt's text."""

    type: str = "findings"
    attempt: int
    passed: bool
    findings: tuple[Finding, ...] = ()
    judge: Judgement | None = None


class PriceOrigin(Struct, frozen=True, kw_only=True):
    """Where a price is from, and the day on which it was right."""

    source: str
    date: dt.date | None = None


class TokensUsed(RunEvent, frozen=True, kw_only=True):
    """What one call to a model used; `failure` is a code where it gave no answer."""

    type: str = "usage"
    stage: str
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


class SeqRange(Struct, frozen=True, kw_only=True):
    """Events by their seq, both ends included."""

    from_seq: int
    to_seq: int


class StageRestarted(RunEvent, frozen=True, kw_only=True):
    """A stage begins again: the pieces of text in `supersedes` are void, if there were any."""

    type: str = "restarted"
    stage: str
    attempt: int
    reason: str
    supersedes: SeqRange | None


class RunCompleted(RunEvent, frozen=True, kw_only=True):
    """The end: `output` is the text. `success` is false where checks still fail or a limit was met."""

    type: str = "complete"
    success: bool
    output: str
    metadata: Mapping[str, Any] = {}


class RunFailed(RunEvent, frozen=True, kw_only=True):
    """The end: the run could not be carried out; `draft` is the best text there is, if any."""

    type: str = "error"
    code: str
    message: str
    retryable: bool
    stage: str
    draft: str | None = None
    metadata: Mapping[str, Any] = {}


class RunCancelled(RunEvent, frozen=True, kw_only=True):
    """The end: somebody cancelled the run; `draft` is the text so far, if any."""

    type: str = "cancelled"
    message: str
    draft: str | None = None
    metadata: Mapping[str, Any] = {}


class UnknownEvent(RunEvent, frozen=True, kw_only=True):
    """An event of a type that this version does not know; `raw` has all of it."""


class Reset(Struct, frozen=True, kw_only=True):
    """No event of the run: its log is another one. Forget all that was told; every event follows again from seq 1."""

    type: str = "reset"
    run_id: str


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
    | UnknownEvent
    | Reset
)

EVENT_CLASSES: Final[Mapping[str, type[Event]]] = {
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

# Made at import, in one thread: msgspec 0.22 is not safe where two threads are the first to decode a class.
_DECODERS: Final[Mapping[str, msgspec.json.Decoder[Event]]] = {
    name: msgspec.json.Decoder(kind) for name, kind in EVENT_CLASSES.items()
}
_UNKNOWN: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(UnknownEvent)


def decode_event(kind: str, raw: bytes, *, event_id: str = "") -> Event:
    """Read an event from its frame.

    Raises:
        ProtocolError: The data is not what every Galley server writes for an event of that kind.
    """
    try:
        event = _DECODERS.get(kind, _UNKNOWN).decode(raw)
    except msgspec.DecodeError as error:
        raise ProtocolError(f"an event {kind!r} can't be read: {error}") from None
    force_setattr(event, "id", event_id)
    force_setattr(event, "raw", raw)
    return event
