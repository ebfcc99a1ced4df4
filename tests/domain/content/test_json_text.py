from typing import Any

import pytest

from domain.content.finding import Finding, Place
from domain.content.json_text import NotJsonError, find_json_fault, read_json, write_json


def test_reads_and_writes_json_with_the_order_of_its_names() -> None:
    assert write_json(read_json('{"b": 1.0, "a": ["é", {}], "c": 123456789012345678901234567890}')) == (
        '{\n  "b": 1.0,\n  "a": [\n    "é",\n    {}\n  ],\n  "c": 123456789012345678901234567890\n}'
    )


def test_half_a_character_in_json_is_written_as_a_whole_one() -> None:
    assert write_json(read_json(r'"\ud800"')) == '"\ufffd"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expecting value"),
        ('{"a": 1,}', "expecting property name enclosed in double quotes"),
        ("[1] and more", "extra data"),
        ("[NaN]", "NaN is not a JSON number"),
        ("-Infinity", "-Infinity is not a JSON number"),
        ("1e999", "it holds a number that is too large"),
        ("1" * 5000, "it holds a number that is too large"),
        ("[" * 65 + "1" + "]" * 65, "it is nested deeper than 64 levels"),
        ("[" * 100_000, "it is nested deeper than 64 levels"),
    ],
)
def test_refuses_what_is_not_json(text: str, message: str) -> None:
    with pytest.raises(NotJsonError, match=message.replace("[", r"\[")):
        read_json(text)


def test_a_finding_says_where_reading_stopped() -> None:
    assert find_json_fault('{\n  "a" 1}') == Finding(
        check="json",
        message="is not valid JSON: expecting ':' delimiter. Write one JSON value and nothing else.",
        where=Place(line=2, column=7, quote="1}"),
    )


@pytest.mark.parametrize("text", ["{}", "[1, 2]", '"a"', "null", " 1 "])
def test_json_has_no_finding(text: str) -> None:
    found: Any = find_json_fault(text)
    assert found is None
