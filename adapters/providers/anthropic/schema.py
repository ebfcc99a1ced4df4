"""A JSON Schema as the API's structured outputs take it.

The API knows a part of JSON Schema. What it does not know (bounds, patterns, ...) goes into the descriptions, where the
model may still follow it, and stays with the checks, which judge every text by the schema as the author wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from anthropic import transform_schema

_OPEN: Final = ("patternProperties", "unevaluatedProperties", "$dynamicRef", "not", "if", "dependentSchemas")
_SCHEMAS: Final = ("items",)
_LISTS: Final = ("anyOf", "oneOf", "allOf")
_MAPS: Final = ("properties", "$defs")


class _InexpressibleError(Exception):
    """Closing this schema would forbid what its author wants."""


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema for `output_config.format`, None where it can't be said so: then only the checks judge.

    Objects with free keys can't: the API wants every object closed.
    """
    try:
        return transform_schema(_prepare(schema))
    except (_InexpressibleError, ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        return None


def _prepare(schema: object) -> dict[str, Any]:
    """Return a copy in which a list of types is a choice between schemas."""
    if not isinstance(schema, Mapping) or _is_open(schema):
        raise _InexpressibleError
    prepared = {word: _prepare_within(word, value) for word, value in schema.items()}
    kinds = prepared.get("type")
    if not isinstance(kinds, list):
        return prepared
    shared = {word: prepared.pop(word) for word in ("title", "description", "$defs") if word in prepared}
    return shared | {"anyOf": [{**prepared, "type": kind} if kind != "null" else {"type": kind} for kind in kinds]}


def _is_open(schema: Mapping[str, Any]) -> bool:
    if any(word in schema for word in _OPEN) or isinstance(schema.get("additionalProperties"), Mapping):
        return True
    return schema.get("type") == "object" and "properties" not in schema


def _prepare_within(word: str, value: Any) -> Any:
    if word in _SCHEMAS:
        return _prepare(value)
    if word in _LISTS:
        return [_prepare(part) for part in value]
    if word in _MAPS:
        return {name: _prepare(part) for name, part in value.items()}
    return value
