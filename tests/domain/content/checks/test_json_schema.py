import pytest

from domain.content.checks.json_schema import JsonSchemaCheck
from domain.content.checks.option import OptionError
from domain.content.finding import Finding, Place
from domain.content.json_text import find_json_fault

CHECK = JsonSchemaCheck(
    schema={
        "type": "object",
        "required": ["title"],
        "properties": {
            "title": {"type": "string", "description": "What it is about."},
            "items": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        },
    }
)


def test_json_that_follows_its_schema_passes() -> None:
    assert CHECK.judge('{"title": "x", "items": [{"a": "b"}]}') == ()


def test_values_are_named_by_their_pointers() -> None:
    assert CHECK.judge('{"items": [{"a": "b"}, {"a": 5}]}') == (
        Finding(check="json_schema", message="is missing: what it is about.", where=Place(pointer="/title")),
        Finding(check="json_schema", message="must be a text.", where=Place(pointer="/items/1/a")),
    )


def test_the_whole_value_has_the_empty_pointer() -> None:
    assert CHECK.judge("[]") == (
        Finding(check="json_schema", message="must be an object of names and values.", where=Place(pointer="")),
    )


def test_what_is_no_json_has_the_finding_that_every_json_text_would_have() -> None:
    assert CHECK.judge('{"title": ') == (find_json_fault('{"title": '),)


def test_half_a_character_in_a_value_is_a_finding() -> None:
    assert [finding.message for finding in CHECK.judge(r'{"title": "\ud800"}')] == [
        "holds half of a character (a lone surrogate)."
    ]


def test_a_faulty_schema_is_refused() -> None:
    with pytest.raises(OptionError, match="did you mean type"):
        JsonSchemaCheck(schema={"tpye": "object"})
