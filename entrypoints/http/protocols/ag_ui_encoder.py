"""A run's records as AG-UI events: a state machine that can be asked at any record to open a stream anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

import msgspec
from attrs import define, field
from msgspec import UNSET, UnsetType

from domain.run.codec import decode_event
from domain.run.events import (
    DraftWritten,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunQueued,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
    UnknownEvent,
)
from domain.run.model import Record, Stage
from entrypoints.http.protocols.ag_ui_events import (
    AgUiCustom,
    AgUiEvent,
    AgUiReplace,
    AgUiRunError,
    AgUiRunFinished,
    AgUiRunStarted,
    AgUiState,
    AgUiStateDelta,
    AgUiStateSnapshot,
    AgUiStepFinished,
    AgUiStepStarted,
)
from entrypoints.http.protocols.ag_ui_messages import AgUiMessages
from entrypoints.http.sse import one_line

Events = Iterator[AgUiEvent]


@define(kw_only=True, eq=False)
class AgUiEncoder:
    """Takes a run's records in their order, from the first one. `thread_id` and `run_id` are the client's own."""

    thread_id: str
    run_id: str
    messages: AgUiMessages
    protocol_version: str | UnsetType = UNSET
    _state: AgUiState = field(init=False)
    _step: Stage | None = field(default=None, init=False)

    @_state.default
    def _begin(self) -> AgUiState:
        return AgUiState(run_id=self.messages.run_id)

    def open(self, *, has_history: bool) -> Events:
        """Begin a stream behind the records taken so far: what is open is opened again, and nothing comes twice.

        With `has_history` the client may have messages of this run: what they hold is set right first.
        """
        yield AgUiRunStarted(thread_id=self.thread_id, run_id=self.run_id, protocol_version=self.protocol_version)
        yield AgUiStateSnapshot(snapshot=self._state)
        if has_history:
            yield self.messages.snapshot()
        if self._step is not None:
            yield AgUiStepStarted(step_name=self._step)
        yield from self.messages.reopen()

    def take(self, record: Record) -> list[AgUiEvent]:
        """Take the next record; return what it says to a client that has seen everything before it."""
        return list(self._take(record))

    def _take(self, record: Record) -> Events:
        event = decode_event(record)
        match event:
            case Progressed():
                yield from self._progress(event)
            case TextGrew():
                yield from self.messages.grow(event, record.seq)
            case DraftWritten() | TextFormatted() | TextJudged():
                yield from self._settle(event, record)
            case StageRestarted():
                yield from self.messages.take_back()
                yield _custom(record)
            case RunQueued() | TokensUsed() | UnknownEvent():
                yield _custom(record)
            case RunCompleted():
                yield from self._complete(event, record)
            case RunFailed() | RunCancelled():
                yield from self._fail(event, record)
            case _:
                assert_never(event)

    def _progress(self, event: Progressed) -> Events:
        if event.stage is not self._step:
            yield from self._end_step()
            self._step = event.stage
            yield AgUiStepStarted(step_name=event.stage)
        yield from self._change(
            stage=event.stage,
            attempt=event.attempt or self._state.attempt,
            progress=event.progress,
            message=event.message,
            eta_seconds=event.eta_seconds,
            retry_in_seconds=event.retry_in_seconds,
        )

    def _change(self, **fields: Any) -> Events:
        changed = {name: value for name, value in fields.items() if value != getattr(self._state, name)}
        if changed:
            self._state = msgspec.structs.replace(self._state, **changed)
            yield AgUiStateDelta(delta=[AgUiReplace(path=f"/{name}", value=value) for name, value in changed.items()])

    def _settle(self, event: DraftWritten | TextFormatted | TextJudged, record: Record) -> Events:
        """Tell what came of a text. One that edits made was never seen growing, and gets its message here."""
        yield from self.messages.end()
        if isinstance(event, DraftWritten):
            yield from self._change(progress=event.progress, message=event.message)
        if isinstance(event, TextFormatted) and event.edits is not None:
            yield from self.messages.write(event.text, record.seq)
        yield _custom(record)

    def _end_step(self) -> Events:
        if self._step is not None:
            yield AgUiStepFinished(step_name=self._step)
            self._step = None

    def _complete(self, event: RunCompleted, record: Record) -> Events:
        yield from self.messages.end()
        yield from self._end_step()
        yield from self.messages.finish(event.output)
        yield AgUiRunFinished(thread_id=self.thread_id, run_id=self.run_id, result=_data(record))

    def _fail(self, event: RunFailed | RunCancelled, record: Record) -> Events:
        yield from self.messages.end()
        yield from self._end_step()
        code = event.code if isinstance(event, RunFailed) else event.type
        yield AgUiRunError(message=event.message, code=code, raw_event=_data(record))


def _custom(record: Record) -> AgUiCustom:
    return AgUiCustom(name=record.type, value=_data(record))


def _data(record: Record) -> msgspec.Raw:
    return msgspec.Raw(one_line(record.data))
