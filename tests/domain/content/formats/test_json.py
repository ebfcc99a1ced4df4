import time
from typing import Any

import pytest

from domain.content.formats import format_text

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "note": True,
    },
    "$defs": {"item": {"properties": {"question": {}, "answer": {}}}},
}


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ('{"b":1,"a":[]}', '{\n  "b": 1,\n  "a": []\n}'),
        ('```json\n{"a": 1}\n```', '{\n  "a": 1\n}'),
        ('Here it is: {"a": "b"} and that was it.', '{\n  "a": "b"\n}'),
        ('{"a": [1, 2,], "b": ",}",}', '{\n  "a": [\n    1,\n    2\n  ],\n  "b": ",}"\n}'),
        (r'{"a": "\",]"  ,  }', '{\n  "a": "\\",]"\n}'),
        ("[1,]", "[\n  1\n]"),
        (" 5 ", "5"),
    ],
)
def test_json_is_found_mended_and_written_in_one_form(draft: str, text: str) -> None:
    assert format_text(draft, "json") == text


def test_names_stand_in_the_order_of_the_schema_and_unknown_ones_last() -> None:
    draft = '{"more": 1, "note": {"z": 1, "a": 2}, "items": [{"answer": 1, "question": 2}, 5], "title": 3}'

    formatted = format_text(draft, "json", schema=SCHEMA)

    assert "".join(formatted.split()) == (
        '{"title":3,"items":[{"question":2,"answer":1},5],"note":{"z":1,"a":2},"more":1}'
    )


@pytest.mark.parametrize(
    "draft",
    ["No JSON.", "See [1].", '{"a": 1} or {"b": 2}', '{"a": "b', "}{", '[1] {"a"', '[{"a": 1}, {"b', '{"a": NaN}'],
)
def test_what_can_not_be_read_for_sure_stays_as_it_is(draft: str) -> None:
    assert format_text(draft, "json") == draft


def test_mending_takes_linear_time() -> None:
    started = time.process_time()

    format_text('{\\",}' * 40_000, "json")

    assert time.process_time() - started < 1


def test_a_very_long_text_is_read_but_not_mended() -> None:
    whole = '["' + "a" * 1_000_001 + '"]'

    assert format_text(whole, "json") == '[\n  "' + "a" * 1_000_001 + '"\n]'
    assert format_text(f"Here: {whole}", "json") == f"Here: {whole}"
