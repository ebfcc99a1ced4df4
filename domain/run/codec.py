"""Events and specs to JSON bytes and back; whatever an older version does not know passes through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import msgspec

from domain.content.finding import Finding
from domain.run.events import (
    EVENT_CLASSES,
    Event,
    Progressed,
    RunQueued,
    TextFormatted,
    TextJudged,
    TokensUsed,
    UnknownEvent,
)
from domain.run.model import Record, RunSpec

_SHORTEN_OPTIONAL = (Progressed, RunQueued, TextFormatted, TextJudged, TokensUsed)


def format_time(time: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode_event(event: Event, *, run_id: str, seq: int, time: datetime) -> bytes:
    """Make the final JSON of a record: run id, seq, time, type, then the event's own fields in their order."""
    envelope = {"run_id": run_id, "seq": seq, "time": format_time(time), "type": event.type}
    return msgspec.json.encode(envelope | to_wire(event))


def to_wire(event: Event) -> dict[str, Any]:
    """Return an event's fields as they stand in JSON; what does not apply to it is left out."""
    fields = {name: getattr(event, name) for name in _NAMES[type(event)]}
    if isinstance(event, TextJudged):
        fields["findings"] = [finding_to_wire(finding) for finding in event.findings]
    if isinstance(event, _SHORTEN_OPTIONAL):
        return {name: value for name, value in fields.items() if value is not None}
    return fields


def finding_to_wire(finding: Finding) -> dict[str, Any]:
    """Return {check, message, where}; `where` holds only what is known of the place, or is null."""
    where = finding.where
    place = None if where is None else {name: v for name, v in attrs.asdict(where).items() if v is not None}
    return {"check": finding.check, "message": finding.message, "where": place}


def decode_event(record: Record) -> Event | UnknownEvent:
    """Read a record's event; fields that this version does not know are passed over.

    Raises:
        ValueError: The data is not what its type says, which no version of this service writes.
    """
    decoder = _EVENT_DECODERS.get(record.type)
    if decoder is None:
        return UnknownEvent(type=record.type, data=record.data)
    return decoder.decode(record.data)


def encode_spec(spec: RunSpec) -> bytes:
    """Make the JSON under which a store keeps a spec."""
    return msgspec.json.encode(spec)


def decode_spec(data: bytes) -> RunSpec:
    """Read what `encode_spec` made, by this version or another one."""
    return _SPEC_DECODER.decode(data)


def encode_canonical(value: Mapping[str, Any]) -> bytes:
    """Make the one JSON text that stands for a value, keys sorted, so that equal values have equal hashes."""
    return msgspec.json.encode(value, order="deterministic")


_NAMES: Mapping[type, tuple[str, ...]] = {
    event_class: tuple(field.name for field in attrs.fields(event_class) if field.name != "type")
    for event_class in EVENT_CLASSES.values()
}

# Made at import, in one thread: where two threads are the first to decode a class by `type=`, one of them uses what
# msgspec 0.22 has only half built for it, and the process dies (SIGSEGV).
_EVENT_DECODERS: Mapping[str, msgspec.json.Decoder[Event]] = {
    name: msgspec.json.Decoder(event_class) for name, event_class in EVENT_CLASSES.items()
}
_SPEC_DECODER = msgspec.json.Decoder(RunSpec)
