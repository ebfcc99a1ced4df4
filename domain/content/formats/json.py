"""JSON in one form: what surrounds it stripped, mended where that is safe, keys in the schema's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.content.formats.json_repair import repair_json
from domain.content.formats.unwrapping import unwrap
from domain.content.json_text import NotJsonError, read_json, write_json
from domain.content.schema_extent import follow

_LONGEST_REPAIR = 1_000_000


def format_json(text: str, schema: Mapping[str, Any] | None) -> str:
    """Return the JSON value of a text, indented; a text that is none stays as it is."""
    for candidate in _iterate_candidates(text):
        try:
            value = read_json(candidate)
        except NotJsonError:
            continue
        return write_json(value if schema is None else _order(value, schema, schema))
    return text.strip()


def _iterate_candidates(text: str) -> Iterator[str]:
    unwrapped = unwrap(text.strip())
    yield unwrapped
    if len(unwrapped) > _LONGEST_REPAIR:
        return
    inner = _find_value(unwrapped)
    yield inner
    yield repair_json(inner)


def _find_value(text: str) -> str:
    """Cut off what stands before the first brace and behind the last one."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end and not text.startswith("[") else text


def _order(value: Any, schema: Any, root: Mapping[str, Any]) -> Any:
    """Put the keys of objects in the order of the schema's properties, those that it does not name last."""
    expected = follow(root, schema)
    match value:
        case dict():
            properties = expected.get("properties", {})
            names = [name for name in properties if name in value] + [name for name in value if name not in properties]
            return {name: _order(value[name], properties.get(name), root) for name in names}
        case list():
            return [_order(item, expected.get("items"), root) for item in value]
    return value
