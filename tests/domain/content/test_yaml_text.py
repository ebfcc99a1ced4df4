"""YAML as text: read as authors expect it, with lines, and refused where it could mean something else."""

from typing import Any

import pytest

from domain.content.yaml_text import MOST_VALUES, NotYamlError, read_yaml
from domain.errors import Fault


def find_faults(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(NotYamlError) as raised:
        read_yaml(text)
    return [(fault.line, fault.pointer, fault.message) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: draft", {"on": "draft"}),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("a:", {"a": None}),
        ("'true'", "true"),
        ("12", 12),
        ("-007", -7),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("2026-05-12", "2026-05-12"),
        ("0x1f", "0x1f"),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        (".nan", ".nan"),
        ("1: x", {"1": "x"}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        ("- [a, {b: 1}]", [["a", {"b": 1}]]),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("", None),
        ("# nothing", None),
        ('{"a":"\\ud83d\\ude00\\/"}', {"a": "😀/"}),
    ],
)
def test_values_are_what_a_reader_sees(text: str, value: Any) -> None:
    found = read_yaml(text).value

    assert (found, type(found)) == (value, type(value))


def test_every_value_has_its_line() -> None:
    document = read_yaml("# x\na: 1\nb:\n  - c/d: |\n      x\n    e: 2\n  - 3\n")

    assert document.lines == {"": 2, "/a": 2, "/b": 3, "/b/0": 4, "/b/0/c~1d": 4, "/b/0/e": 6, "/b/1": 7}


def test_what_is_missing_has_the_line_of_what_it_is_missing_from() -> None:
    document = read_yaml("a: 1\nb:\n  - c: 1\n")

    assert [document.find_line(pointer) for pointer in ("/b/0/d/e", "/b/7", "/z", "")] == [3, 2, 1, 1]


def test_of_nothing_the_line_is_the_first() -> None:
    assert read_yaml("").find_line("/a") == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: *b", (1, "/a", "refers to another place with *; write out what stands there")),
        ("a: &b 1\n<<: *b", (2, "/<<", "refers to another place with *; write out what stands there")),
        ("a: !!int 1", (1, "/a", "has a tag, which begins with !; leave it out, or put the text in quotes")),
        ("a: !x [1]", (1, "/a", "has a tag, which begins with !; leave it out, or put the text in quotes")),
        ("a: 1\na: 2", (2, "/a", "stands here for the second time, after line 1; keep one of them")),
        ("a: {{ x }}", (1, "/a", "has a name that is no text; put a text that begins with { or [ in quotes")),
        ("a: 1\n---\nb: 2", (3, "", "begins a second document; a file holds one, so leave the line --- out")),
        ("a: b: c", (1, "", "is not valid YAML at column 5: a text with a colon and a space must stand in quotes")),
        ("a:\n\tb: 1", (2, "", "is not valid YAML at column 1: it begins with a tab; indent with spaces")),
        ("a: [1", (1, "", "is not valid YAML at column 6: expected ',' or ']', but got '<stream end>'")),
        ("a: 1\nb: \x07", (2, "", "has a character that YAML does not allow (U+0007); remove it")),
    ],
)
def test_what_is_refused_has_line_place_and_advice(text: str, fault: tuple[int, str, str]) -> None:
    assert find_faults(text) == [fault]


def test_all_names_that_stand_twice_are_told_up_to_fifty() -> None:
    assert [line for line, _, _ in find_faults("a: 1\nb: 2\na: 3\nb: 4\n")] == [3, 4]
    assert len(find_faults("a: 1\n" * 52)) == 50


def test_a_document_may_be_64_levels_deep() -> None:
    assert read_yaml("[" * 64 + "]" * 64).value != []
    [(_, _, message)] = find_faults("[" * 66)
    assert message == "is nested deeper than 64 levels"


def test_a_document_may_have_ten_thousand_values() -> None:
    assert len(read_yaml("- a\n" * (MOST_VALUES - 1)).value) == MOST_VALUES - 1
    assert find_faults("- a\n" * MOST_VALUES) == [(MOST_VALUES, "", "holds more than 10,000 values")]


def test_an_alias_bomb_ends_at_its_first_alias() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))

    assert find_faults(f"a0: &a0 [x]\n{levels}")[0][:2] == (2, "/a1/0")


def test_an_error_is_a_value_error_with_the_first_message() -> None:
    error = NotYamlError(Fault(pointer="", message="is odd", line=1))

    assert str(error) == "is odd"
