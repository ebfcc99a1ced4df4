"""The draft part of a UI message: it can only be sent as a whole, so that a growing text is sent now and then."""

from __future__ import annotations

from attrs import define, field

from domain.run.events import (
    DraftWritten,
    Event,
    RunCancelled,
    RunCompleted,
    RunFailed,
    SeqRange,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    UnknownEvent,
)
from entrypoints.http.protocols.ai_sdk_chunk import UiDraft, UiDraftText

STEP = 40
"""A growing text is sent when it is longer by one part in so many: in all that costs about so many times its length."""


@define(eq=False)
class Draft:
    """The text that may become the output: grown, finished, formatted, or taken back where its attempt has failed.

    At the end it is empty, because the output is in a part of its own, or what there is of a run without one.
    """

    _attempt: int = field(default=1, init=False)
    _pieces: list[str] = field(factory=list, init=False)
    _length: int = field(default=0, init=False)
    _shown: int = field(default=0, init=False)
    _is_other: bool = field(default=False, init=False)
    """Whether it is more than a continuation of what the client has."""

    def follow(self, event: Event | UnknownEvent) -> None:
        """Do what an event means for the text; most mean nothing."""
        match event:
            case TextGrew(offset=0) | TextFormatted():
                self._put(event.attempt, event.text)
            case TextGrew():
                self._pieces.append(event.text)
                self._length += len(event.text)
            case DraftWritten():
                self._put(event.attempt, event.draft)
            case TextJudged(passed=False) | StageRestarted(supersedes=SeqRange()):
                self._put(event.attempt, "")
            case RunCompleted():
                self._put(self._attempt, "")
            case RunFailed() | RunCancelled():
                self._put(self._attempt, event.draft or "")
            case _:
                pass

    def show(self, *, is_growing: bool = False) -> list[UiDraft]:
        """Return the part where the client should have it now; while it grows, not for every word."""
        step = max(1, self._length // STEP) if is_growing else 1
        if not self._is_other and self._length - self._shown < step:
            return []
        self._is_other, self._shown = False, self._length
        return [UiDraft(data=UiDraftText(attempt=self._attempt, text="".join(self._pieces)))]

    def _put(self, attempt: int, text: str) -> None:
        if (attempt, text) != (self._attempt, "".join(self._pieces)):
            self._attempt, self._pieces, self._length = attempt, [text], len(text)
            self._is_other = True
