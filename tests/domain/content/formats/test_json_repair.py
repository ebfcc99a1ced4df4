"""JSON that is nearly JSON: mended where it can mean one thing only, and never made up."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content.formats import format_text
from domain.content.formats.json_repair import repair_json
from domain.content.json_text import write_json
from tests.domain.content.texts import ANY_TEXT, FEW

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab'\"\\,}]:/*", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("draft", "value"),
    [
        ("{'a': 'b'}", {"a": "b"}),
        ("{'a': 'say \"b\"'}", {"a": 'say "b"'}),
        (r"{'a': 'it\'s'}", {"a": "it's"}),
        (r"""{"a": "it\'s"}""", {"a": "it's"}),
        ("{\u201ca\u201d: \u201cb\u201d}", {"a": "b"}),
        ('{"a": "\u201cb\u201d"}', {"a": "\u201cb\u201d"}),
        ("{a: 1, b_2 : 'c'}", {"a": 1, "b_2": "c"}),
        ('{"a": True, "b": False, "c": None}', {"a": True, "b": False, "c": None}),
        ("{True: 1}", {"True": 1}),
        ('{"a": "b\nc\td\x01"}', {"a": "b\nc\td\x01"}),
        ('{"a": 1, // one\n "b": 2 /* two */,}', {"a": 1, "b": 2}),
        ('{"a": "http://b.c/*d*/", }', {"a": "http://b.c/*d*/"}),
        ("[1, 2, /* last */ ]", [1, 2]),
        ("{'a': [1,], 'b': {'c': 'd',},}", {"a": [1], "b": {"c": "d"}}),
    ],
)
def test_what_can_mean_one_thing_only_is_mended(draft: str, value: Any) -> None:
    assert format_text(draft, "json") == write_json(value)


@pytest.mark.parametrize(
    "draft",
    [
        '{"a": "b"',
        '{"a": [1, 2}',
        '{"a": 1 "b": 2}',
        '{"a": }',
        '{"a": undefined}',
        '{"a": b}',
        "{'a': 'it's'}",
        '{"a": "say "b""}',
        '{"a": "b',
        "{'a': 'b",
        '{"a": 1, ...}',
        "{a b: 1}",
        r'{"a": "\x41", }',
        "'",
        "{\u201ca: 1}",
        '{"a": 1 /* }',
        """["a", "b']""",
        r'["a", "b\"]',
        "['a', 'b\u201d]",
        '{"a": 1 /*/ }',
    ],
)
def test_what_is_missing_or_could_mean_two_things_stays_as_it_is(draft: str) -> None:
    assert format_text(draft, "json") == draft


@FEW
@given(VALUES)
def test_every_value_survives_being_written_loosely(value: Any) -> None:
    assert json.loads(repair_json(_write_loosely(value))) == value


@FEW
@given(VALUES)
def test_what_is_json_already_means_the_same_when_it_is_mended(value: Any) -> None:
    assert json.loads(repair_json(json.dumps(value))) == value


@FEW
@given(ANY_TEXT)
def test_no_letter_is_made_up(text: str) -> None:
    made = set(repair_json(text)) - set(text)

    assert made <= set('"\\ntrueflsbu') | set("0123456789abcdef")


def test_mending_takes_linear_time() -> None:
    started = time.process_time()

    for evil in ("'", "\\'", "/*", "//", "a:", ",]", "\u201c", '"', "/*/"):
        repair_json(evil * (200_000 // len(evil)))

    assert time.process_time() - started < 3


def _write_loosely(value: Any) -> str:
    match value:
        case dict():
            members = (f"{_write_loosely(name)} : {_write_loosely(held)} /* , */ , " for name, held in value.items())
            return f"{{ {''.join(members)} // }}\n }}"
        case list():
            return f"[{''.join(f'{_write_loosely(item)},' for item in value)}]"
        case str():
            return "'" + json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    return repr(value)
