"""How far a JSON Schema reaches: what it may say, what it refers to, and how much work one value can cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from attrs import frozen

from domain.content.json_value import MAX_DEPTH, join_pointer
from domain.content.spelling import suggest
from domain.errors import Fault

MOST_NODES = 1_000
MOST_BRANCHES = 64
"""Of a schema with its references written out, which is what a validator goes through for each value."""

_MOST_VALUES = 10_000
"""In all of a schema or a check as it stands, with its texts, numbers and lists."""

_BRANCHING = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "contains", "dependentSchemas"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_SINGLE = frozenset({"additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames"})
_TEXTS = frozenset({"$comment", "$ref", "$schema", "description", "format", "pattern", "title"})
_DATA = frozenset({"const", "default", "enum", "examples", "required", "dependentRequired", "type"})
_FLAGS = frozenset({"deprecated", "readOnly", "uniqueItems", "writeOnly"})
_SIZES = frozenset({"Length", "Items", "Properties", "Contains"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_BOUNDS = frozenset(f"{bound}{size}" for bound in ("min", "max") for size in _SIZES)
_KEYWORDS = _LISTS | _MAPS | _SINGLE | _TEXTS | _DATA | _FLAGS | _NUMBERS | _BOUNDS
TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@frozen
class Extent:
    """The size of a schema with its references written out: subschemas and required names, and alternatives."""

    nodes: int
    branches: int


def find_extent_faults(schema: Mapping[str, Any], pointer: str) -> tuple[Fault, ...]:
    """Say where a schema has unknown keywords, refers outside of itself or in a circle, or is too large."""
    faults = tuple(_find_faults(schema, schema, pointer))
    if faults:
        return faults
    try:
        measure(schema)
    except _TooLargeError as error:
        return (Fault(pointer=pointer, message=str(error)),)
    return ()


def find_vast_faults(value: Any, pointer: str) -> tuple[Fault, ...]:
    """Say whether there is more in a JSON value than can be looked at in no time, whatever it means."""
    waiting: list[Any] = [value]
    count = 0
    while waiting and count <= _MOST_VALUES:
        current = waiting.pop()
        children = current.values() if isinstance(current, dict) else current if isinstance(current, list) else ()
        count += len(children)
        if count <= _MOST_VALUES:
            waiting.extend(children)
    if count <= _MOST_VALUES:
        return ()
    return (Fault(pointer=pointer, message=f"is too large: it may have {_MOST_VALUES:,} values in all"),)


def measure(schema: Mapping[str, Any]) -> Extent:
    """Measure a schema whose references all resolve.

    Raises:
        ValueError: It is larger than allowed, or refers to itself.
    """
    return _measure(schema, schema, ())


def follow(root: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    """Return a subschema with what it refers to; what stands beside a reference goes first. True and False are {}."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**follow(root, _resolve(root, schema["$ref"])), **beside}


class _TooLargeError(ValueError):
    pass


_TOO_LARGE = (
    "is too large: with its references written out it may have "
    f"{MOST_NODES:,} subschemas, {MOST_BRANCHES} of them alternatives, {MAX_DEPTH} deep"
)


def _find_faults(root: Mapping[str, Any], schema: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        message = _find_keyword_fault(root, key, value)
        if message is not None:
            yield Fault(pointer=join_pointer(pointer, key), message=message)
    for path, child in _iterate_children(schema):
        yield from _find_faults(root, child, join_pointer(pointer, *path))


def _find_keyword_fault(root: Mapping[str, Any], key: str, value: Any) -> str | None:
    if key == "$ref":
        if not isinstance(value, str) or not value.startswith("#/"):
            return "must refer to a place in this schema, like #/$defs/name; nothing is fetched"
        return None if _resolve(root, value) is not None else "refers to a place that this schema does not have"
    if key == "$schema" and value != _DIALECT:
        return f"must be {_DIALECT}, or be left out"
    if key == "type" and (unknown := [name for name in _list(value) if name not in TYPES]):
        return f"has an unknown type {unknown[0]}{suggest(str(unknown[0]), TYPES)} (the types are {', '.join(TYPES)})"
    if key in _KEYWORDS or key.startswith("x-"):
        return None
    return f"is not a keyword of JSON Schema that can be used here{suggest(key, _KEYWORDS)}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _measure(root: Mapping[str, Any], schema: Any, refs: tuple[str, ...], depth: int = 0) -> Extent:
    if depth > MAX_DEPTH:
        raise _TooLargeError(_TOO_LARGE)
    if not isinstance(schema, dict):
        return Extent(1, 0)
    required = schema.get("required")
    nodes, branches = 1 + (len(required) if isinstance(required, list) else 0), 0
    if nodes > MOST_NODES:
        raise _TooLargeError(_TOO_LARGE)
    for key, child in _iterate_applied(root, schema):
        inner = _measure(root, child, _extend(refs, schema, key), depth + 1)
        nodes += inner.nodes
        branches += inner.branches + (key in _BRANCHING)
        if nodes > MOST_NODES or branches > MOST_BRANCHES:
            raise _TooLargeError(_TOO_LARGE)
    return Extent(nodes, branches)


def _extend(refs: tuple[str, ...], schema: Mapping[str, Any], key: str) -> tuple[str, ...]:
    if key != "$ref":
        return refs
    reference = schema["$ref"]
    if reference in refs:
        raise _TooLargeError(f"refers to itself through {reference}, which is not allowed; write out a few levels")
    return (*refs, reference)


def _iterate_applied(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for path, child in _iterate_children(schema):
        if path[0] != "$defs":
            yield str(path[0]), child
    if "$ref" in schema:
        yield "$ref", _resolve(root, schema["$ref"])


def _iterate_children(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for key, value in schema.items():
        if key in _SINGLE:
            yield (key,), value
        elif key in _LISTS and isinstance(value, list):
            yield from (((key, index), child) for index, child in enumerate(value))
        elif key in _MAPS and isinstance(value, dict):
            yield from (((key, name), child) for name, child in value.items())


def _resolve(root: Mapping[str, Any], reference: str) -> Any:
    current: Any = root
    for step in unquote(reference).removeprefix("#/").split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(current, list) and key.isdecimal() and int(key[:6]) < len(current):
            current = current[int(key[:6])]
        elif isinstance(current, dict) and key in current:
            current = current[key]
        else:
            return None
    return current
