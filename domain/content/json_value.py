"""JSON values: places in them (RFC 6901), and whether a value is one at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from domain.content.text import to_well_formed
from domain.errors import Fault

MAX_DEPTH = 64


def step_into(pointer: str, key: str | int) -> str:
    """Extend a JSON pointer by a key or an index."""
    return f"{pointer}/{to_well_formed(str(key)).replace('~', '~0').replace('/', '~1')}"


def join_pointer(pointer: str, *keys: str | int) -> str:
    """Extend a JSON pointer by a path."""
    for key in keys:
        pointer = step_into(pointer, key)
    return pointer


def iterate_values(value: Any, pointer: str = "") -> Iterator[tuple[Any, str, int]]:
    """Yield a value and everything in it with pointer and depth, in order; what is deeper than allowed is left out."""
    waiting = [(value, pointer, 0)]
    while waiting:
        current, place, depth = waiting.pop()
        yield current, place, depth
        if depth <= MAX_DEPTH:
            children = [(child, step_into(place, key), depth + 1) for key, child in _iterate_children(current)]
            waiting += reversed(children)


def is_too_deep(value: Any) -> bool:
    """Whether a value is nested deeper than is allowed."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for outer in level for child in _list_children(outer)]
    return bool(level)


def find_json_faults(value: Any, pointer: str = "") -> tuple[Fault, ...]:
    """Say where a value is not JSON, or not JSON that every encoder takes, or nested deeper than is allowed."""
    faults: list[Fault] = []
    for current, place, depth in iterate_values(value, pointer):
        message = _find_fault(current, depth)
        if message is not None:
            faults.append(Fault(pointer=place, message=message))
    return tuple(faults)


def _find_fault(value: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"is nested deeper than {MAX_DEPTH} levels"
    match value:
        case str():
            return None if to_well_formed(value) == value else "holds half of a character (a lone surrogate)"
        case dict():
            return None if all(map(_is_key, value)) else "has a name that is not a text"
        case float():
            return None if math.isfinite(value) else "must be a finite number"
        case list() | int() | None:
            return None
    return f"is of a type that JSON does not have ({type(value).__name__})"


def _is_key(key: Any) -> bool:
    return isinstance(key, str) and to_well_formed(key) == key


def _list_children(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()


def _iterate_children(value: Any) -> Iterator[tuple[str | int, Any]]:
    match value:
        case dict():
            yield from value.items()
        case list():
            yield from enumerate(value)
