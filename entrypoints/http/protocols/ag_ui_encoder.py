"""A run's records as AG-UI events: a state machine that can be asked at any record to open a stream anew.

What a client has at the end is the thread as it sent it and one message more, whose id is the run's and whose text is
the run's output. Until then each text that a model writes is a message of its own. Text that is taken back is never
mended in place, because clients append what they get: its message is ended, and a snapshot leaves it out.
"""

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
    AgUiMessagesSnapshot,
    AgUiReplace,
    AgUiRunError,
    AgUiRunFinished,
    AgUiRunStarted,
    AgUiState,
    AgUiStateDelta,
    AgUiStateSnapshot,
    AgUiStepFinished,
    AgUiStepStarted,
    AgUiTextMessageContent,
    AgUiTextMessageEnd,
    AgUiTextMessageStart,
)
from entrypoints.http.sse import one_line

Events = Iterator[AgUiEvent]


def is_message_of(run_id: str, message_id: str) -> bool:
    """Whether a message of a thread is one that this encoder made of that run."""
    return message_id == run_id or message_id.startswith(f"{run_id}:")


@define(kw_only=True, eq=False)
class AgUiEncoder:
    """Takes a run's records in their order, from the first one.

    `client_run_id` is what the client calls the run. `thread` holds its messages but those of this run.
    """

    run_id: str
    client_run_id: str
    thread_id: str
    thread: list[dict[str, Any]]
    protocol_version: str | UnsetType = UNSET
    _state: AgUiState = field(init=False)
    _step: Stage | None = field(default=None, init=False)
    _writing: str | None = field(default=None, init=False)
    _texts: dict[str, list[str]] = field(factory=dict, init=False)

    @_state.default
    def _begin(self) -> AgUiState:
        return AgUiState(run_id=self.run_id)

    def open(self, *, has_history: bool) -> Events:
        """Begin a stream behind the records taken so far: what is open is opened again, and nothing comes twice.

        With `has_history` the client may have messages of this run: what they hold is set right first.
        """
        yield AgUiRunStarted(
            thread_id=self.thread_id, run_id=self.client_run_id, protocol_version=self.protocol_version
        )
        yield AgUiStateSnapshot(snapshot=self._state)
        if has_history:
            yield self._snapshot()
        if self._step is not None:
            yield AgUiStepStarted(step_name=self._step)
        if (writing := self._writing) is not None:
            yield AgUiTextMessageStart(message_id=writing)
            yield from _say(writing, "".join(self._texts[writing]))

    def take(self, record: Record) -> list[AgUiEvent]:
        """Take the next record; return what it says to a client that has seen everything before it."""
        return list(self._take(record))

    def _take(self, record: Record) -> Events:
        event = decode_event(record)
        match event:
            case Progressed():
                yield from self._progress(event)
            case TextGrew():
                yield from self._grow(event, record.seq)
            case DraftWritten() | TextFormatted() | TextJudged():
                yield from self._settle(event, record)
            case StageRestarted():
                yield from self._take_back()
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

    def _grow(self, event: TextGrew, seq: int) -> Events:
        if self._writing is None or event.offset == 0:
            yield from self._end_writing()
            self._writing = f"{self.run_id}:{seq}"
            self._texts[self._writing] = []
            yield AgUiTextMessageStart(message_id=self._writing)
        self._texts[self._writing].append(event.text)
        yield from _say(self._writing, event.text)

    def _end_writing(self) -> Events:
        if self._writing is not None:
            yield AgUiTextMessageEnd(message_id=self._writing)
            self._writing = None

    def _settle(self, event: DraftWritten | TextFormatted | TextJudged, record: Record) -> Events:
        """Tell what came of a text. One that edits made was never seen growing, and gets its message here."""
        yield from self._end_writing()
        if isinstance(event, DraftWritten):
            yield from self._change(progress=event.progress, message=event.message)
        if isinstance(event, TextFormatted) and event.edits is not None:
            yield from self._write_whole(f"{self.run_id}:{record.seq}", event.text)
        yield _custom(record)

    def _take_back(self) -> Events:
        if (writing := self._writing) is not None:
            yield from self._end_writing()
            del self._texts[writing]
            yield self._snapshot()

    def _write_whole(self, message_id: str, text: str) -> Events:
        self._texts[message_id] = [text]
        yield AgUiTextMessageStart(message_id=message_id)
        yield from _say(message_id, text)
        yield AgUiTextMessageEnd(message_id=message_id)

    def _end_step(self) -> Events:
        if self._step is not None:
            yield AgUiStepFinished(step_name=self._step)
            self._step = None

    def _complete(self, event: RunCompleted, record: Record) -> Events:
        yield from self._end_writing()
        yield from self._end_step()
        if self._texts:
            self._texts.clear()
            yield self._snapshot()
        yield from self._write_whole(self.run_id, event.output)
        yield AgUiRunFinished(thread_id=self.thread_id, run_id=self.client_run_id, result=_data(record))

    def _fail(self, event: RunFailed | RunCancelled, record: Record) -> Events:
        yield from self._end_writing()
        yield from self._end_step()
        code = event.code if isinstance(event, RunFailed) else event.type
        yield AgUiRunError(message=event.message, code=code, raw_event=_data(record))

    def _snapshot(self) -> AgUiMessagesSnapshot:
        """Return the thread with what this run wrote, all but the message that is being written."""
        own: list[dict[str, Any]] = [
            {"id": message_id, "role": "assistant", "content": "".join(pieces)}
            for message_id, pieces in self._texts.items()
            if message_id != self._writing
        ]
        return AgUiMessagesSnapshot(messages=[*self.thread, *own])


def _say(message_id: str, text: str) -> Events:
    """Let a message grow; AG-UI knows no empty delta."""
    if text:
        yield AgUiTextMessageContent(message_id=message_id, delta=text)


def _custom(record: Record) -> AgUiCustom:
    return AgUiCustom(name=record.type, value=_data(record))


def _data(record: Record) -> msgspec.Raw:
    return msgspec.Raw(one_line(record.data))
