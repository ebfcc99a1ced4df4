"""The messages of one run in the thread of an AG-UI client.

What a client has at the end is the thread as it sent it and one message more, whose id is the run's and whose text is
the run's output. Until then each text that a model writes is a message of its own. Text that is taken back is never
mended in place, because clients append what they get: its message is ended, and a snapshot leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field

from domain.run.events import TextGrew
from entrypoints.http.protocols.ag_ui_events import (
    AgUiEvent,
    AgUiMessagesSnapshot,
    AgUiTextMessageContent,
    AgUiTextMessageEnd,
    AgUiTextMessageStart,
)

Events = Iterator[AgUiEvent]


def is_message_of(run_id: str, message_id: str) -> bool:
    """Whether a message of a thread is one that was made here of that run."""
    return message_id == run_id or message_id.startswith(f"{run_id}:")


@define(kw_only=True, eq=False)
class AgUiMessages:
    """What a client that has seen everything has; `thread` holds its messages but those of the run."""

    run_id: str
    thread: list[dict[str, Any]]
    _texts: dict[str, list[str]] = field(factory=dict, init=False)
    _open: str | None = field(default=None, init=False)

    def grow(self, event: TextGrew, seq: int) -> Events:
        """Add a delta to the message that is open; at offset 0 a text begins, and a message with it."""
        if self._open is None or event.offset == 0:
            yield from self.end()
            self._open = self._name(seq)
            self._texts[self._open] = []
            yield AgUiTextMessageStart(message_id=self._open)
        self._texts[self._open].append(event.text)
        yield from _say(self._open, event.text)

    def write(self, text: str, seq: int) -> Events:
        """Tell a whole text as a message."""
        self._texts[self._name(seq)] = [text]
        yield from _tell(self._name(seq), text)

    def end(self) -> Events:
        """End the message that is open, if any."""
        if self._open is not None:
            yield AgUiTextMessageEnd(message_id=self._open)
            self._open = None

    def take_back(self) -> Events:
        """End the message that is open, and take it out of the thread."""
        if (taken := self._open) is not None:
            yield from self.end()
            del self._texts[taken]
            yield self.snapshot()

    def finish(self, output: str) -> Events:
        """Take every text out of the thread, none of them being open, and put the output there."""
        if self._texts:
            self._texts.clear()
            yield self.snapshot()
        yield from _tell(self.run_id, output)

    def snapshot(self) -> AgUiMessagesSnapshot:
        """Return the thread with the texts of the run, all but the one that is open."""
        own: list[dict[str, Any]] = [
            {"id": message_id, "role": "assistant", "content": "".join(pieces)}
            for message_id, pieces in self._texts.items()
            if message_id != self._open
        ]
        return AgUiMessagesSnapshot(messages=[*self.thread, *own])

    def reopen(self) -> Events:
        """Open the message that is open for a client that has it not, with its text so far."""
        if self._open is not None:
            yield AgUiTextMessageStart(message_id=self._open)
            yield from _say(self._open, "".join(self._texts[self._open]))

    def _name(self, seq: int) -> str:
        """Name a message by the event that begins it, so that a replay names it the same."""
        return f"{self.run_id}:{seq}"


def _tell(message_id: str, text: str) -> Events:
    yield AgUiTextMessageStart(message_id=message_id)
    yield from _say(message_id, text)
    yield AgUiTextMessageEnd(message_id=message_id)


def _say(message_id: str, text: str) -> Events:
    """Let a message grow; AG-UI knows no empty delta."""
    if text:
        yield AgUiTextMessageContent(message_id=message_id, delta=text)
