import socket
import time
from typing import Any

import pytest

from domain.content.schema import apply_defaults, find_schema_faults
from domain.content.schema_extent import follow


def find(schema: Any) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.message) for fault in find_schema_faults(schema, "/inputs")]


def fan_out(keyword: str, depth: int) -> dict[str, Any]:
    defs = {f"d{level}": {keyword: [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(depth)}
    return {"$defs": {**defs, f"d{depth}": {"type": "string"}}, "$ref": "#/$defs/d0"}


PATTERN = "is not a regular expression that can be used here: no look-around, no back references, and not too large"
TOO_LARGE = (
    "is too large: with its references written out it may have 1,000 subschemas, 64 of them alternatives, 64 deep"
)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"$id": {"type": "string"}, "b": True, "unknown": {"x-order": 1}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": ["string", "null"]},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"enum": [{"$ref": "http://not.a.ref"}]}}},
        {"prefixItems": [{"type": "string"}], "items": {"$ref": "#/prefixItems/0"}},
        {"anyOf": [{"pattern": r"^\p{L}+$"}, {"format": "email"}], "patternProperties": {"^x-": {}}},
    ],
)
def test_a_sound_schema_has_no_faults(schema: dict[str, Any]) -> None:
    assert find(schema) == []


@pytest.mark.parametrize(
    ("schema", "pointer", "message"),
    [
        (True, "", "must be a JSON Schema, which is an object"),
        ({"default": float("nan")}, "/default", "must be a finite number"),
        (
            {"maxLenght": 3},
            "/maxLenght",
            "is not a keyword of JSON Schema that can be used here; did you mean maxLength?",
        ),
        ({"$id": "x"}, "/$id", "is not a keyword of JSON Schema that can be used here"),
        ({"$dynamicRef": "#x"}, "/$dynamicRef", "is not a keyword of JSON Schema that can be used here"),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#"},
            "/$schema",
            "must be https://json-schema.org/draft/2020-12/schema, or be left out",
        ),
        (
            {"type": "strng"},
            "/type",
            "has an unknown type strng; did you mean string? "
            "(the types are string, number, integer, boolean, array, object, null)",
        ),
        ({"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength", "must be at least 0"),
        ({"properties": []}, "/properties", "must be an object of names and values"),
        ({"anyOf": "x"}, "/anyOf", "must be a list"),
        ({"items": [{}]}, "/items", "must be true or false or an object of names and values"),
        ({"required": "a"}, "/required", "must be a list"),
        (
            {"$ref": "http://127.0.0.1/x.json"},
            "/$ref",
            "must refer to a place in this schema, like #/$defs/name; nothing is fetched",
        ),
        (
            {"$ref": "file:///etc/passwd"},
            "/$ref",
            "must refer to a place in this schema, like #/$defs/name; nothing is fetched",
        ),
        ({"$ref": "#"}, "/$ref", "must refer to a place in this schema, like #/$defs/name; nothing is fetched"),
        ({"$ref": "#/$defs/a"}, "/$ref", "refers to a place that this schema does not have"),
        ({"$ref": "#/anyOf/7", "anyOf": [{}]}, "/$ref", "refers to a place that this schema does not have"),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
            "",
            "refers to itself through #/$defs/a, which is not allowed; write out a few levels",
        ),
        ({"pattern": "(?=a)"}, "/pattern", PATTERN),
        ({"pattern": r"(a)\1"}, "/pattern", PATTERN),
        ({"pattern": "("}, "/pattern", PATTERN),
        ({"pattern": "(a{1000}){1000}"}, "/pattern", PATTERN),
        ({"patternProperties": {"(": {}}}, "/patternProperties/(", PATTERN),
        (fan_out("anyOf", 7), "", TOO_LARGE),
        (fan_out("prefixItems", 24), "", TOO_LARGE),
        (
            {"$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(99)} | {"d99": {}}, "$ref": "#/$defs/d0"},
            "",
            TOO_LARGE,
        ),
        ({"required": [f"a{number}" for number in range(1200)], "items": {}}, "", TOO_LARGE),
    ],
)
def test_a_fault_says_where_and_what(schema: Any, pointer: str, message: str) -> None:
    assert find(schema) == [(f"/inputs{pointer}", message)]


def test_all_faults_are_told_at_once() -> None:
    schema = {"properties": {"a": {"typ": "string"}, "b": {"type": "text"}, "c": {"$ref": "#/x"}}}

    assert [pointer for pointer, _ in find(schema)] == [
        "/inputs/properties/a/typ",
        "/inputs/properties/b/type",
        "/inputs/properties/c/$ref",
    ]


def test_nothing_is_fetched_even_where_a_reference_hides_in_data() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        schema = {"$ref": "#/properties/a/default", "properties": {"a": {"default": {"$ref": address}}}}

        assert find(schema) == [("/inputs", "refers to something outside of itself; nothing is fetched")]
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_schema_that_would_explode_is_refused_before_it_does() -> None:
    started = time.process_time()

    find(fan_out("allOf", 40))

    assert time.process_time() - started < 5


def test_defaults_fill_what_was_not_given() -> None:
    schema = {
        "properties": {
            "tone": {"$ref": "#/$defs/tone", "default": "warm"},
            "size": {"type": "object", "properties": {"unit": {"default": "cm"}, "value": {}}},
            "topic": {"type": "string"},
            "any": True,
        },
        "$defs": {"tone": {"type": "string", "default": "cold"}},
    }

    assert apply_defaults(schema, {"size": {"value": 3}}) == {"size": {"value": 3, "unit": "cm"}, "tone": "warm"}
    assert apply_defaults(schema, {"tone": "", "size": None}) == {"tone": "", "size": None}


def test_the_given_inputs_are_left_as_they_are() -> None:
    given: dict[str, Any] = {}

    apply_defaults({"properties": {"a": {"default": 1}}}, given)

    assert given == {}


def test_what_stands_beside_a_reference_goes_first() -> None:
    root = {"$defs": {"a": {"type": "string", "title": "A"}}}

    assert follow(root, {"$ref": "#/$defs/a", "title": "B"}) == {"type": "string", "title": "B"}
    assert follow(root, True) == {}
