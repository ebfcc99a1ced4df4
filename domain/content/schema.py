"""JSON Schemas (2020-12) of inputs and outputs: local references only, bounded, regular expressions in linear time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from domain.content.json_value import find_json_faults, iterate_values, join_pointer
from domain.content.schema_extent import Extent, find_extent_faults, find_vast_faults, follow, measure
from domain.content.schema_message import explain
from domain.errors import Fault

_PATTERN_SIZE = 64_000
"""Bytes of a compiled regular expression; jsonschema-rs runs it on Rust's `regex`, which is linear in the text."""

_MOST_FAULTS = 50
_MOST_COMPARISONS = 10_000
"""Beyond it errors are not told one by one: the library copies what is wrong for each alternative of a schema."""

_REFERENCE_MESSAGE = "refers to something outside of itself; nothing is fetched"
_PATTERN_MESSAGE = (
    "is not a regular expression that can be used here: no look-around, no back references, and not too large"
)


def find_schema_faults(schema: Any, pointer: str) -> tuple[Fault, ...]:
    """Say what is wrong with a JSON Schema, or what of it goes beyond what is allowed."""
    if not isinstance(schema, dict):
        return (Fault(pointer=pointer, message="must be a JSON Schema, which is an object"),)
    # The size first: everything else takes time in it.
    faults = (
        find_vast_faults(schema, pointer) or find_json_faults(schema, pointer) or find_extent_faults(schema, pointer)
    )
    if faults:
        return faults
    faults = _gather(_META.iter_errors(schema), {}, pointer)
    if faults:
        return faults
    try:
        _compile(msgspec.json.encode(schema))
    except ValidationError as error:
        message = _REFERENCE_MESSAGE if error.kind.name == "$ref" else _PATTERN_MESSAGE
        return (Fault(pointer=join_pointer(pointer, *error.instance_path), message=message),)
    return ()


def find_value_faults(schema: Mapping[str, Any], value: Any, pointer: str) -> tuple[Fault, ...]:
    """Say where a value does not follow a schema that has no faults, in words for the person who gave the value.

    At most 50 faults; those of a very large value are told as one.
    """
    faults = find_json_faults(value, pointer)
    if faults:
        return faults[:_MOST_FAULTS]
    validator, extent = _compile(msgspec.json.encode(schema))
    if validator.is_valid(value):
        return ()
    if _weigh(value) * (1 + extent.branches) > _MOST_COMPARISONS:
        return (Fault(pointer=pointer, message="does not follow its schema, and is too large to say where"),)
    return _gather(validator.iter_errors(value), schema, pointer)


def apply_defaults(schema: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with the schema's defaults where nothing was given, in nested objects too."""
    return _apply(schema, schema, inputs)


def _gather(errors: Iterable[ValidationError], schema: Mapping[str, Any], pointer: str) -> tuple[Fault, ...]:
    faults = dict.fromkeys(fault for error in errors for fault in explain(error, schema, pointer))
    return tuple(faults)[:_MOST_FAULTS]


def _apply(root: Mapping[str, Any], schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(values)
    for name, found in schema.get("properties", {}).items():
        subschema = follow(root, found)
        if name not in filled and "default" in subschema:
            filled[name] = subschema["default"]
        elif isinstance(filled.get(name), dict):
            filled[name] = _apply(root, subschema, filled[name])
    return filled


@lru_cache(maxsize=256)
def _compile(schema: bytes) -> tuple[Draft202012Validator, Extent]:
    decoded = msgspec.json.decode(schema)
    validator = Draft202012Validator(
        decoded,
        pattern_options=RegexOptions(size_limit=_PATTERN_SIZE),
        validate_formats=True,
        offline=True,
        # Else the whole value is written into every message.
        mask="",
    )
    return validator, measure(decoded)


_META = Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"}, offline=True, mask="")


def _weigh(value: Any) -> int:
    return sum(1 + (len(part) // 256 if isinstance(part, str) else 0) for part, _, _ in iterate_values(value))
