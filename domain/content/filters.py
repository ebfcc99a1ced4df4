"""What a prompt template can do with a value: filters and comparisons, all of them total."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from domain.content.text import to_well_formed

_STEP_SIZE = 64


@frozen
class Filter:
    """A function of a value and of some fixed arguments."""

    apply: Callable[..., Any]
    arguments: tuple[int, int] = (0, 0)

    def takes(self, count: int) -> bool:
        """Whether it can be given that many arguments."""
        least, most = self.arguments
        return least <= count <= most


def describe(value: Any) -> str:
    """Write a value as a prompt shows it: a list of texts as one "- item" a line, other structures as JSON."""
    match value:
        case None:
            return ""
        case str():
            return to_well_formed(value)
        case list() if all(isinstance(item, str) for item in value):
            return "\n".join(f"- {to_well_formed(item)}" for item in value)
    return to_well_formed(json.dumps(value, ensure_ascii=False, default=str))


def list_items(value: Any) -> list[Any]:
    """Return what a loop over a value goes through: nothing for an empty one, and one item for what is no list."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def weigh(value: Any) -> int:
    """Return how many steps it takes to handle a value once."""
    return len(value) // _STEP_SIZE if isinstance(value, str | list | dict) else 0


def compare(operator: str, left: Any, right: Any) -> bool:
    """Compare two values; those of unlike types are unequal, in no order and not in each other."""
    match operator:
        case "eq":
            return bool(left == right)
        case "ne":
            return bool(left != right)
        case "in":
            return _is_in(left, right)
        case "notin":
            return not _is_in(left, right)
    if not _are_ordered(left, right):
        return False
    return bool(_ORDERS[operator](left, right))


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda left, right: left < right,
    "lteq": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gteq": lambda left, right: left >= right,
}


def _are_ordered(left: Any, right: Any) -> bool:
    return all(isinstance(side, str) for side in (left, right)) or all(
        isinstance(side, int | float) for side in (left, right)
    )


def _is_in(item: Any, whole: Any) -> bool:
    if isinstance(whole, str):
        return isinstance(item, str) and item in whole
    return isinstance(whole, list | dict) and item in list(whole)


def _count(value: Any) -> int:
    return len(value) if isinstance(value, str | list | dict) else len(describe(value))


def _join(value: Any, separator: Any = ", ") -> str:
    return describe(separator).join(map(describe, list_items(value)))


FILTERS: Mapping[str, Filter] = {
    "capitalize": Filter(lambda value: describe(value).capitalize()),
    "default": Filter(lambda value, other: other if value in (None, "", []) else value, (1, 1)),
    "first": Filter(lambda value: next(iter(list_items(value)), None)),
    "join": Filter(_join, (0, 1)),
    "last": Filter(lambda value: next(reversed(list_items(value)), None)),
    "length": Filter(_count),
    "lower": Filter(lambda value: describe(value).lower()),
    "title": Filter(lambda value: describe(value).title()),
    "trim": Filter(lambda value: describe(value).strip()),
    "upper": Filter(lambda value: describe(value).upper()),
}
