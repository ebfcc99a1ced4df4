"""A run's records as the chunks of one UI message: pure, from the run's first record on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from attrs import define, field
from msgspec import Raw

from domain.run.codec import decode_event
from domain.run.events import (
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunQueued,
    TerminalEvent,
    TextGrew,
    TextJudged,
    TokensUsed,
    UnknownEvent,
)
from domain.run.model import Record
from entrypoints.http.feed import HEARTBEAT, Item
from entrypoints.http.protocols.ai_sdk_chunk import (
    DONE,
    Chunk,
    FinishReason,
    UiAbort,
    UiError,
    UiFindings,
    UiFinish,
    UiMetadata,
    UiNotice,
    UiProgress,
    UiStart,
    UiTextDelta,
    UiTextEnd,
    UiTextStart,
    UiUsage,
    encode_chunks,
)
from entrypoints.http.protocols.ai_sdk_draft import Draft
from entrypoints.http.sse import HEARTBEAT_LINE, one_line

TEXT = "output"
"""The id of the one text part."""

KEPT = ("run_id", "trace_id", "prompt", "model", "output_format", "usage", "duration_seconds", "limit")
"""Of a run's metadata: `useChat` posts every message of its chat again with each new one, and the run has the rest."""

_TOKEN_LIMITS = ("output_tokens", "total_tokens")


@define(eq=False)
class MessageEncoder:
    """Follows one run from seq 1; of what replaces each other in a message only the last is sent of each batch.

    A text part can't be taken back, and `useCompletion` has no other: the output goes there once it is certain, and
    nothing else does. Until then the text grows in the draft part.
    """

    is_over: bool = field(default=False, init=False)
    """Whether the terminal event was there; a stream that ends before that was cut."""

    _draft: Draft = field(factory=Draft, init=False)
    _calls: int = field(default=0, init=False)

    def encode(self, items: Iterable[Item]) -> bytes:
        """Return the frames of all that is ready: none where a draft has hardly grown, and none behind the end."""
        given, was_over = list(items), self.is_over
        frames = encode_chunks(self.take(item for item in given if item is not HEARTBEAT))
        if self.is_over:
            return b"" if was_over else frames + DONE
        return frames or (HEARTBEAT_LINE if HEARTBEAT in given else b"")

    def take(self, items: Iterable[Item]) -> list[Chunk]:
        """Return the chunks of all that is ready."""
        parts: dict[str, Chunk] = {}
        end: list[Chunk] = []
        is_growing = False
        for item in items:
            if not isinstance(item, Record):
                parts[item.name] = UiNotice(data={"name": item.name, **item.data})
                continue
            event = decode_event(item)
            is_growing = isinstance(event, TextGrew)
            self._draft.follow(event)
            if isinstance(event, RunCompleted | RunFailed | RunCancelled):
                self.is_over, end = True, _finish(event)
            else:
                parts |= self._make_parts(event, item)
        return [*parts.values(), *self._draft.show(is_growing=is_growing), *end]

    def _make_parts(self, event: Event | UnknownEvent, record: Record) -> dict[str, Chunk]:
        """Return what stands in the message for an event besides its text, by what it replaces."""
        match event:
            case RunQueued():
                metadata = {"run_id": record.run_id, "prompt": event.prompt}
                return {"start": UiStart(message_id=record.run_id, message_metadata=metadata)}
            case Progressed():
                return {"progress": UiProgress(data=_data_of(record))}
            case TextJudged():
                name = f"attempt-{event.attempt}"
                return {name: UiFindings(id=name, data=_data_of(record))}
            case TokensUsed():
                self._calls += 1
                name = f"call-{self._calls}"
                return {name: UiUsage(id=name, data=_data_of(record))}
            case _:
                return {}


def _finish(event: TerminalEvent) -> list[Chunk]:
    told = {name: event.metadata[name] for name in KEPT if name in event.metadata} | {"status": event.type}
    match event:
        case RunCompleted():
            finish = UiFinish(finish_reason=_reason_of(event), message_metadata=told | {"success": event.success})
            return [UiTextStart(TEXT), UiTextDelta(TEXT, event.output), UiTextEnd(TEXT), finish]
        case RunFailed():
            told |= {"code": event.code, "retryable": event.retryable}
            return [UiMetadata(message_metadata=told), UiError(event.message)]
        case RunCancelled():
            return [UiMetadata(message_metadata=told), UiAbort(event.message), UiError(event.message)]
        case _:
            assert_never(event)


def _data_of(record: Record) -> Raw:
    return Raw(one_line(record.data))


def _reason_of(event: RunCompleted) -> FinishReason:
    if event.success:
        return "stop"
    return "length" if event.metadata.get("limit") in _TOKEN_LIMITS else "other"
