"""AG-UI events as server-sent events, with Galley's cursor as their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from attrs import define, field
from msgspec import UNSET

from domain.run.model import Record
from entrypoints.http.cursor import cursor_of
from entrypoints.http.feed import HEARTBEAT, Control
from entrypoints.http.follow import Batch
from entrypoints.http.position import Position
from entrypoints.http.protocols.ag_ui_encoder import AgUiEncoder
from entrypoints.http.protocols.ag_ui_events import PROTOCOL_VERSION, AgUiCustom, AgUiEvent
from entrypoints.http.protocols.ag_ui_input import RunAgentInput
from entrypoints.http.protocols.ag_ui_messages import AgUiMessages, is_message_of
from entrypoints.http.sse import HEARTBEAT_LINE


@define(kw_only=True, eq=False)
class AgUiFrames:
    """The frames of one stream, which is given the whole log and begins behind seq `after`.

    What comes before is folded only, so that the stream can open what is open there. `has_history`: see
    `AgUiEncoder.open`.
    """

    encoder: AgUiEncoder
    after: int
    has_history: bool
    _is_open: bool = field(default=False, init=False)

    def encode(self, batch: Batch) -> bytes:
        """Make one piece of bytes of all that is ready."""
        return b"".join([self._tell(item) if isinstance(item, Record) else self._control(item) for item in batch])

    def _tell(self, record: Record) -> bytes:
        if record.seq <= self.after:
            self.encoder.take(record)
            return self._open() if record.seq == self.after else b""
        head = b"" if self._is_open else self._open()
        return head + encode_frames(self.encoder.take(record), last_id=str(cursor_of(record)))

    def _open(self) -> bytes:
        self._is_open = True
        return encode_frames(self.encoder.open(has_history=self.has_history))

    def _control(self, control: Control) -> bytes:
        if control is HEARTBEAT:
            return HEARTBEAT_LINE
        # Nothing may come before RUN_STARTED; a stream that ends without it was cut, and that is enough to know.
        return encode_frames([AgUiCustom(name=control.name, value=control.data)]) if self._is_open else b""


def begin_frames(
    posted: RunAgentInput, messages: list[dict[str, Any]], *, run_id: str, position: Position | None
) -> AgUiFrames:
    """Return what writes a stream to a client that has those messages and, with a position, goes on there."""
    others = [message for message in messages if not is_message_of(run_id, message["id"])]
    encoder = AgUiEncoder(
        thread_id=posted.thread_id,
        run_id=posted.run_id,
        messages=AgUiMessages(run_id=run_id, thread=others),
        protocol_version=PROTOCOL_VERSION if posted.protocol_version else UNSET,
    )
    return AgUiFrames(
        encoder=encoder,
        after=0 if position is None else position.after - position.is_over,
        has_history=position is not None or len(others) < len(messages),
    )


def encode_frames(events: Iterable[AgUiEvent], *, last_id: str | None = None) -> bytes:
    """Make the frames of events; only the last one has the id, so that whoever has it has seen all of its record."""
    frames = [b"data: %b\n\n" % msgspec.json.encode(event) for event in events]
    if frames and last_id is not None:
        frames[-1] = b"id: %b\n%b" % (last_id.encode(), frames[-1])
    return b"".join(frames)
