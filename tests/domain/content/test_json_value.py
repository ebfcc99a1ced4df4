import math
from datetime import date
from typing import Any

import pytest

from domain.content.json_value import MAX_DEPTH, find_json_faults, is_too_deep, join_pointer
from domain.errors import Fault


def nest(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_pointer_escapes_what_has_a_meaning_in_it() -> None:
    assert join_pointer("/a", "b/c~d", 3) == "/a/b~1c~0d/3"


def test_json_has_no_faults() -> None:
    assert find_json_faults({"a": [1, 2.5, True, None, "x"], "b": {}}) == ()


@pytest.mark.parametrize(
    ("value", "pointer", "message"),
    [
        ({"a": ["\ud800"]}, "/a/0", "holds half of a character (a lone surrogate)"),
        ({"a": {"\ud800": 1}}, "/a", "has a name that is not a text"),
        ({1: 2}, "", "has a name that is not a text"),
        ([math.nan], "/0", "must be a finite number"),
        ([math.inf], "/0", "must be a finite number"),
        ([date(2026, 1, 31)], "/0", "is of a type that JSON does not have (date)"),
        ((1, 2), "", "is of a type that JSON does not have (tuple)"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(value: Any, pointer: str, message: str) -> None:
    assert find_json_faults(value)[0] == Fault(pointer=pointer, message=message)


def test_64_levels_are_allowed_and_one_more_is_not() -> None:
    assert find_json_faults(nest(MAX_DEPTH)) == ()
    assert [fault.message for fault in find_json_faults(nest(MAX_DEPTH + 1))] == ["is nested deeper than 64 levels"]


def test_a_very_deep_value_is_not_gone_through() -> None:
    assert len(find_json_faults(nest(100_000))) == 1


def test_depth_is_the_same_for_both_ways_of_asking() -> None:
    assert (is_too_deep(nest(MAX_DEPTH)), is_too_deep({"a": nest(MAX_DEPTH)})) == (False, True)
