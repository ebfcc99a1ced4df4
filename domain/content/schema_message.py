"""What a JSON Schema has against a value, in words for the person who gave it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema_rs import ValidationError

from domain.content.json_value import join_pointer
from domain.content.schema_extent import follow
from domain.content.spelling import suggest
from domain.errors import Fault


def explain(error: ValidationError, schema: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    """Yield the faults that stand behind one error of the validator; `schema` gives hints and may be empty."""
    place = join_pointer(pointer, *error.instance_path)
    expected = _locate(schema, error.instance_path)
    kind: Any = error.kind
    match kind.name:
        case "required":
            hint = _hint(_locate(schema, [*error.instance_path, kind.property]))
            yield Fault(pointer=join_pointer(place, kind.property), message=f"is missing{hint}")
        case "additionalProperties":
            known = expected.get("properties", {})
            for name in kind.unexpected:
                message = f"is not known here{suggest(name, known) or _list_known(known)}"
                yield Fault(pointer=join_pointer(place, name), message=message)
        case name if name in _MESSAGES:
            yield Fault(pointer=place, message=_MESSAGES[name](kind, error.instance) + _give_example(name, expected))
        case name:
            yield Fault(pointer=place, message=f"does not follow its schema ({name}){_hint(expected)}")


def _locate(schema: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """Find what the schema says of a place in a value, where plain properties and items lead there."""
    current = follow(schema, schema)
    for key in path:
        child = current.get("items") if isinstance(key, int) else current.get("properties", {}).get(key)
        current = follow(schema, child)
    return current


def _hint(expected: Mapping[str, Any]) -> str:
    """Turn "Say who the text is for." into ": say who the text is for"."""
    description = str(expected.get("description", "")).strip().rstrip(".")
    return f": {description[0].lower()}{description[1:]}" if description else ""


def _give_example(keyword: str, expected: Mapping[str, Any]) -> str:
    examples = expected.get("examples")
    return f", for example {examples[0]}" if keyword == "pattern" and examples else ""


def _list_known(known: Mapping[str, Any]) -> str:
    return f"; known are {', '.join(known)}" if known else ""


_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object of names and values",
    "null": "null",
}
_FORMATS = {
    "date": "a date like 2026-01-31",
    "date-time": "a time like 2026-01-31T12:00:00Z",
    "time": "a time like 12:00:00Z",
    "email": "an e-mail address",
    "uri": "a web address like https://example.org/page",
    "uuid": "a UUID",
}


def _count(number: float, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def _explain_short(kind: Any, instance: Any) -> str:
    if not instance:
        return "is empty"
    return f"is too short: it has {_count(len(instance), 'character')} and needs at least {kind.limit:,}"


def _explain_enum(kind: Any, instance: Any) -> str:
    options = [str(option) for option in kind.options]
    return f"must be one of {', '.join(options)}{suggest(str(instance), options)}"


_MESSAGES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda kind, _: "must be " + " or ".join(_TYPES[name] for name in kind.types),
    "minLength": _explain_short,
    "maxLength": lambda kind, value: f"is too long: it has {len(value):,} characters and may have {kind.limit:,}",
    "pattern": lambda kind, _: f"does not have the form that is asked for ({kind.pattern})",
    "format": lambda kind, _: f"must be {_FORMATS.get(kind.format, f'of the format {kind.format}')}",
    "enum": _explain_enum,
    "const": lambda kind, _: f"must be {kind.expected_value}",
    "minimum": lambda kind, _: f"must be at least {kind.limit}",
    "maximum": lambda kind, _: f"must be at most {kind.limit}",
    "exclusiveMinimum": lambda kind, _: f"must be above {kind.limit}",
    "exclusiveMaximum": lambda kind, _: f"must be below {kind.limit}",
    "multipleOf": lambda kind, _: f"must be a multiple of {kind.multiple_of}",
    "minItems": lambda kind, value: f"has {_count(len(value), 'item')} and needs at least {kind.limit:,}",
    "maxItems": lambda kind, value: f"has {_count(len(value), 'item')} and may have at most {kind.limit:,}",
    "minProperties": lambda kind, value: f"has {_count(len(value), 'name')} and needs at least {kind.limit:,}",
    "maxProperties": lambda kind, value: f"has {_count(len(value), 'name')} and may have at most {kind.limit:,}",
    "uniqueItems": lambda *_: "has the same item twice",
    "falseSchema": lambda *_: "is not allowed here",
    "anyOf": lambda *_: "has none of the forms that are allowed here",
    "oneOf": lambda *_: "must have exactly one of the forms that are allowed here",
    "not": lambda *_: "has a form that is not allowed here",
}
