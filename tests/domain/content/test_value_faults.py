import time
from typing import Any

import pytest

from domain.content.schema import find_value_faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["product", "audience"],
    "additionalProperties": False,
    "properties": {
        "product": {"type": "string", "minLength": 3, "maxLength": 5},
        "audience": {"$ref": "#/$defs/text", "description": "Say who the text is for."},
        "tone": {"enum": ["warm", "cold"]},
        "count": {"type": "integer", "minimum": 3, "maximum": 5},
        "links": {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "string", "format": "uri"}},
        "code": {"type": "string", "pattern": "^[a-z]+$", "examples": ["abc"]},
        "size": {"type": "object", "minProperties": 1, "maxProperties": 1},
    },
    "$defs": {"text": {"type": "string"}},
}
SOUND = {"product": "Lamp", "audience": "you"}


def find(value: Any, schema: Any = SCHEMA) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.message) for fault in find_value_faults(schema, value, "/inputs")]


def test_a_value_that_follows_its_schema_has_no_faults() -> None:
    assert find(SOUND) == []


def test_what_is_missing_is_asked_for_in_the_authors_words() -> None:
    assert find({}) == [
        ("/inputs/product", "is missing"),
        ("/inputs/audience", "is missing: say who the text is for"),
    ]


@pytest.mark.parametrize(
    ("given", "pointer", "message"),
    [
        ({"audience": 5}, "/audience", "must be a text"),
        ({"audence": "x"}, "/audence", "is not known here; did you mean audience?"),
        ({"zzz": "x"}, "/zzz", "is not known here; known are product, audience, tone, count, links, code, size"),
        ({"product": ""}, "/product", "is empty"),
        ({"product": "ab"}, "/product", "is too short: it has 2 characters and needs at least 3"),
        ({"product": "a"}, "/product", "is too short: it has 1 character and needs at least 3"),
        ({"product": "abcdef"}, "/product", "is too long: it has 6 characters and may have 5"),
        ({"tone": "wram"}, "/tone", "must be one of warm, cold; did you mean warm?"),
        ({"count": 2}, "/count", "must be at least 3"),
        ({"count": 6}, "/count", "must be at most 5"),
        ({"count": True}, "/count", "must be a whole number"),
        ({"links": ["https://a.b"]}, "/links", "has 1 item and needs at least 2"),
        ({"links": ["https://a.b"] * 4}, "/links", "has 4 items and may have at most 3"),
        ({"links": ["https://a.b", "x"]}, "/links/1", "must be a web address like https://example.org/page"),
        ({"code": "A1"}, "/code", "does not have the form that is asked for (^[a-z]+$), for example abc"),
        ({"size": {}}, "/size", "has 0 names and needs at least 1"),
        ({"size": {"a": 1, "b": 2}}, "/size", "has 2 names and may have at most 1"),
    ],
)
def test_a_fault_says_where_what_and_what_would_do(given: dict[str, Any], pointer: str, message: str) -> None:
    assert find({**SOUND, **given}) == [(f"/inputs{pointer}", message)]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": ["string", "null"]}, 5, "must be null or a text"),
        ({"const": 5}, 6, "must be 5"),
        ({"exclusiveMinimum": 5}, 5, "must be above 5"),
        ({"exclusiveMaximum": 5}, 5, "must be below 5"),
        ({"multipleOf": 5}, 6, "must be a multiple of 5"),
        ({"uniqueItems": True}, [1, 1], "has the same item twice"),
        ({"format": "hostname"}, "_", "must be of the format hostname"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 5, "has none of the forms that are allowed here"),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 3}]},
            5,
            "must have exactly one of the forms that are allowed here",
        ),
        ({"not": {"const": 5}}, 5, "has a form that is not allowed here"),
        ({"contains": {"type": "string"}}, [1], "does not follow its schema (contains)"),
        (
            {"propertyNames": {"maxLength": 1}, "description": "Use short names"},
            {"ab": 1},
            "does not follow its schema (propertyNames): use short names",
        ),
    ],
)
def test_every_rule_has_words(schema: dict[str, Any], value: Any, message: str) -> None:
    assert find(value, schema) == [("/inputs", message)]


def test_what_is_not_allowed_at_all_is_told_at_its_place() -> None:
    assert find({"a": 1}, {"properties": {"a": False}}) == [("/inputs/a", "is not allowed here")]


def test_additional_names_of_an_object_without_known_ones() -> None:
    assert find({"a": 1}, {"properties": {}, "additionalProperties": False}) == [("/inputs/a", "is not known here")]


@pytest.mark.parametrize("value", [{"product": "\ud800", "audience": "x"}, [float("inf")], {"a": object()}])
def test_what_is_no_json_is_told_before_the_schema_is_asked(value: Any) -> None:
    assert len(find(value)) == 1


def test_at_most_50_faults_are_told() -> None:
    assert len(find([5] * 200, {"items": {"type": "string"}})) == 50


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"items": {"anyOf": [{"type": "string"}] * 60}}, [5] * 1000),
        ({"anyOf": [{"type": "string"}] * 60}, ["x" * 1000] * 1000),
        ({"items": {"type": "string"}}, [5] * 20_000),
    ],
)
def test_a_very_large_value_is_judged_without_going_into_detail(schema: dict[str, Any], value: Any) -> None:
    started = time.process_time()

    faults = find(value, schema)

    assert faults == [("/inputs", "does not follow its schema, and is too large to say where")]
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "(a|aa)+$", "([a-zA-Z]+)*$", r"(\w+\s?)*$", "(x+x+)+y", "(.*a){12}$", "^(([a-z])+.)+[A-Z]$"],
)
def test_evil_patterns_run_in_linear_time(pattern: str) -> None:
    started = time.process_time()

    find("a" * 50_000 + "!", {"pattern": pattern})

    assert time.process_time() - started < 5
