"""How inputs on the command line become values of the types that a prompt set asks for."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from entrypoints.commands.inputs import read_inputs

SCHEMA = {
    "type": "object",
    "properties": {
        "topic": {"type": "string"},
        "facts": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "is_new": {"type": "boolean"},
        "maker": {"type": "object"},
        "year": {"type": ["integer", "null"]},
        "anything": {},
    },
}


def read(*pairs: str, file: Path | None = None) -> dict[str, Any]:
    return read_inputs(pairs, file, SCHEMA)


def refused(*pairs: str, file: Path | None = None) -> str:
    with pytest.raises(click.UsageError) as caught:
        read(*pairs, file=file)
    return caught.value.message


def test_a_text_is_taken_as_it_stands() -> None:
    assert read("topic=tea = hot\n", "anything=7") == {"topic": "tea = hot\n", "anything": "7"}


def test_an_array_grows_with_each_value() -> None:
    assert read("facts=one", "facts=two", "sizes=3") == {"facts": ["one", "two"], "sizes": [3]}


def test_values_have_the_type_of_their_property() -> None:
    assert read("count=3", "price=2.5", "is_new=yes", 'maker={"name": "Ann"}', "year=null") == {
        "count": 3,
        "price": 2.5,
        "is_new": True,
        "maker": {"name": "Ann"},
        "year": None,
    }


def test_what_the_schema_does_not_know_is_left_to_admission() -> None:
    assert read("topci=tea") == {"topci": "tea"}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("count=many", "-i count takes a whole number, not 'many'."),
        ("count=1.5", "-i count takes a whole number, not '1.5'."),
        ("price=nan", "-i price takes a number, not 'nan'."),
        ('maker={"size": NaN}', """-i maker takes a JSON object, not '{"size": NaN}'."""),
        ("topic=\udcff", "An input has bytes or escapes that are no text in UTF-8."),
        ("is_new=maybe", "-i is_new takes true or false, not 'maybe'."),
        ("maker=[1]", "-i maker takes a JSON object, not '[1]'."),
        ("year=soon", "-i year takes a whole number or null, not 'soon'."),
        ("sizes=big", "-i sizes takes a whole number, not 'big'."),
        ("topic", "-i takes key=value, not 'topic'."),
        ("=tea", "-i takes key=value, not '=tea'."),
        ("topic=@", "-i topic=@ names no file; give @file, or @@ for a text that begins with @."),
        ("topic=@/no/such", "/no/such can't be read: No such file or directory."),
    ],
)
def test_a_value_of_another_type_is_refused(pair: str, message: str) -> None:
    assert refused(pair) == message


def test_one_value_can_not_be_given_twice() -> None:
    assert refused("topic=tea", "topic=milk") == "-i topic is given twice, but takes one value."


def test_a_value_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "topic.txt").write_text("tea\nand milk\n")

    assert read(f"topic=@{tmp_path}/topic.txt", "anything=@@home") == {"topic": "tea\nand milk\n", "anything": "@home"}


def test_pairs_are_laid_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps({"topic": "milk", "facts": ["old"], "count": 1}))

    assert read("topic=tea", "facts=new", file=file) == {"topic": "tea", "facts": ["new"], "count": 1}


def test_a_dash_reads_the_inputs_from_stdin() -> None:
    with CliRunner().isolation(input='{"topic": "tea"}'):
        assert read(file=Path("-")) == {"topic": "tea"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[]", "must hold a JSON object of inputs."),
        (b"{", "is not JSON"),
        (b'{"count": NaN}', "NaN is not allowed"),
        (b'{"topic": "\\ud800"}', "UTF-8"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_file_that_holds_no_inputs_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "inputs.json"
    file.write_bytes(content)

    assert message in refused(file=file)
