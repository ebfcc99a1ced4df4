"""What is different between two values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content.change import Change, find_changes
from tests.domain.content.texts import FEW

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "b", 1.0]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "/", "~"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (1, 1, []),
        (1, 2, [("changed", "", 1, 2)]),
        (1, True, [("changed", "", 1, True)]),
        ({"a": 1}, {"a": 1, "b/c": 2}, [("added", "/b~1c", None, 2)]),
        ({"a": 1, "b": 2}, {"b": 3}, [("changed", "/b", 2, 3), ("removed", "/a", 1, None)]),
        ([1, 2, 3], [1, 9, 2, 3], [("added", "/1", None, 9)]),
        ([1, 2, 3], [1, 3], [("removed", "/1", 2, None)]),
        ([1, {"a": 1}, 3], [1, {"a": 2}, 3], [("changed", "/1/a", 1, 2)]),
        ([1, 2], [3, 4, 5], [("changed", "/0", 1, 3), ("changed", "/1", 2, 4), ("added", "/2", None, 5)]),
        ([], {}, [("changed", "", [], {})]),
        ([[1], {"a": [1]}], [[1], {"a": [1]}], []),
    ],
)
def test_changes_are_told_by_place(before: Any, after: Any, changes: list[Any]) -> None:
    assert find_changes(before, after) == tuple(
        Change(kind=kind, pointer=pointer, before=old, after=new) for kind, pointer, old, new in changes
    )


@FEW
@given(VALUES, VALUES)
def test_there_are_changes_where_values_differ_and_only_there(before: Any, after: Any) -> None:
    assert bool(find_changes(before, after)) == (repr_sorted(before) != repr_sorted(after))


def repr_sorted(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{','.join(f'{name!r}:{repr_sorted(value[name])}' for name in sorted(value))}}}"
    return f"[{','.join(map(repr_sorted, value))}]" if isinstance(value, list) else repr(value)
