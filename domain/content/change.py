"""What is different between two JSON values: how the versions of a prompt set are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from attrs import frozen

from domain.content.json_value import step_into


@frozen(kw_only=True)
class Change:
    """One place that differs; `pointer` (RFC 6901) leads into the newer value, of something removed into the older.

    `before` is None where something was added, `after` where it was removed.
    """

    kind: Literal["added", "removed", "changed"]
    pointer: str
    before: Any = None
    after: Any = None


def find_changes(before: Any, after: Any, pointer: str = "") -> tuple[Change, ...]:
    """Return the changes that lead from one value to another, in the order of the newer one; linear in both.

    Of lists the equal items at both ends are passed over, so that one item put in or taken out is one change.
    """
    return tuple(_iterate(before, after, pointer))


def _iterate(before: Any, after: Any, pointer: str) -> Iterator[Change]:
    match before, after:
        case dict(), dict():
            yield from _compare_names(before, after, pointer)
        case list(), list():
            yield from _compare_items(before, after, pointer)
        case _ if not _is_same(before, after):
            yield Change(kind="changed", pointer=pointer, before=before, after=after)


def _compare_names(before: dict[str, Any], after: dict[str, Any], pointer: str) -> Iterator[Change]:
    for name, value in after.items():
        place = step_into(pointer, name)
        if name in before:
            yield from _iterate(before[name], value, place)
        else:
            yield Change(kind="added", pointer=place, after=value)
    for name in before:
        if name not in after:
            yield Change(kind="removed", pointer=step_into(pointer, name), before=before[name])


def _compare_items(before: list[Any], after: list[Any], pointer: str) -> Iterator[Change]:
    shortest = min(len(before), len(after))
    start = next((at for at in range(shortest) if not _is_same(before[at], after[at])), shortest)
    most = shortest - start
    end = next((at for at in range(most) if not _is_same(before[-1 - at], after[-1 - at])), most)
    both = shortest - start - end
    for at in range(start, start + both):
        yield from _iterate(before[at], after[at], step_into(pointer, at))
    for at in range(start + both, len(after) - end):
        yield Change(kind="added", pointer=step_into(pointer, at), after=after[at])
    for at in range(start + both, len(before) - end):
        yield Change(kind="removed", pointer=step_into(pointer, at), before=before[at])


def _is_same(before: Any, after: Any) -> bool:
    """Whether two values are the same JSON: for Python 1 is True and 1.0, too."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_is_same(before[name], after[name]) for name in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_is_same, before, after))
    return type(before) is type(after) and bool(before == after)
