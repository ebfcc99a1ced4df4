"""JSON Schemas of everything that goes over the wire, made from the code's own types."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from domain.run.events import EVENT_CLASSES
from entrypoints.http.answers import Problem

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"

_ENVELOPE: Mapping[str, Schema] = {
    "run_id": {"type": "string", "format": "uuid"},
    "seq": {"type": "integer", "minimum": 1, "description": "Counts 1, 2, 3 ... in each run, without holes."},
    "time": {"type": "string", "format": "date-time", "description": "Never before its predecessor's."},
}

_LEFT_OUT: Mapping[str, frozenset[str]] = {
    "run": frozenset({"models"}),
    "progress": frozenset({"attempt", "eta_seconds", "retry_in_seconds", "model"}),
    "usage": frozenset({"price", "failure"}),
    "text": frozenset({"base", "edits", "changes"}),
    "findings": frozenset({"judge"}),
}
"""Fields that an event's JSON does not have where they do not apply."""


def make_schemas(types: Iterable[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """Return the schema of each type, and the components that these refer to, events and problems among them."""
    wanted = [*dict.fromkeys(types), Problem]
    made, components = msgspec.json.schema_components([*wanted, *EVENT_CLASSES.values()], ref_template=_REF)
    for name, event_class in EVENT_CLASSES.items():
        components[event_class.__name__] = _add_envelope(name, components[event_class.__name__])
    components |= {"Event": _any_event(), "Control": _CONTROL, "EventStream": _EVENT_STREAM, "EventLine": _EVENT_LINE}
    cleaned = {name: _clean(schema) for name, schema in sorted(components.items())}
    return dict(zip(wanted, made, strict=False)), cleaned


def refer(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": _REF.format(name=name)}


def describe_frames(meaning: str, data: Schema, *, last: str | None = None) -> Schema:
    """Return the schema of one server-sent event: its data is JSON of that schema, or `last`, which ends the stream."""
    text: Schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    if last is not None:
        text = {"anyOf": [{"const": last}, text]}
    properties = {"id": {"type": "string"}, "retry": {"type": "integer"}, "data": text}
    return {"type": "object", "description": meaning, "required": ["data"], "properties": properties}


def _add_envelope(name: str, schema: Schema) -> Schema:
    properties = {**_ENVELOPE, "type": {"const": name}, **_without_defaults(schema["properties"])}
    required = [field for field in properties if field not in _LEFT_OUT.get(name, ())]
    return {**schema, "properties": properties, "required": required}


def _without_defaults(properties: Mapping[str, Schema]) -> dict[str, Schema]:
    return {
        name: {key: value for key, value in schema.items() if key != "default"}
        for name, schema in properties.items()
        if name != "type"
    }


def _any_event() -> Schema:
    mapping = {name: _REF.format(name=event_class.__name__) for name, event_class in EVENT_CLASSES.items()}
    return {
        "description": "The data of one event. A client passes over types that it does not know.",
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }


def _clean(schema: Schema) -> Schema:
    described = schema.get("description")
    return schema if described is None else {**schema, "description": inspect.cleandoc(described)}


_CONTROL: Schema = {
    "type": "object",
    "description": "The data of a control: something about the stream and not about a run.",
    "additionalProperties": False,
    "properties": {
        "reason": {"type": "string", "description": "Of `draining`: why, where it is known."},
        "run_id": {"type": "string", "description": "Of `reset`, where the stream has many runs: which one."},
        "seconds": {"type": "number", "description": "Of `auth_expiring`: how long the token is still good."},
    },
}
_EVENT_OR_CONTROL: Schema = {"if": {"required": ["seq"]}, "then": refer("Event"), "else": refer("Control")}
"""What has no seq is a control."""
_EVENT_STREAM: Schema = {
    "type": "object",
    "description": (
        "One of the server-sent events (WHATWG HTML, section 9.2) of the stream. It has an `id` to send back as "
        "Last-Event-ID, the event's type as its `event`, and as its `data` one line of JSON. Controls have no `id` and "
        "are about the stream: `draining` (reconnect), `reset` (forget everything, a full replay follows), "
        "`auth_expiring` (the stream ends with the token). A stream also ends within 5 seconds after its session was "
        "revoked. Comment lines are heartbeats. Only a terminal event is an end: complete, error or cancelled."
    ),
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "retry": {"type": "integer"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": _EVENT_OR_CONTROL,
        },
    },
}
_EVENT_LINE: Schema = {
    "type": "object",
    "description": "One line of the stream: an event as its frame has it, or a control, which has no id.",
    "required": ["event", "data"],
    "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": _EVENT_OR_CONTROL},
}
