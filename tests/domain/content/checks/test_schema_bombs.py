"""JSON Schemas that were made to fetch, to recurse or to explode, and values that make a validator work (S30)."""

import socket
import time
from typing import Any

import pytest

from domain.content.checks import make_check
from domain.content.schema import find_schema_faults
from domain.errors import Fault, InvalidRequestError


def nest(schema: dict[str, Any], depth: int) -> dict[str, Any]:
    for _ in range(depth):
        schema = {"items": schema}
    return schema


def fan_out(keyword: str, levels: int, width: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {
        f"d{level}": {keyword: [{"$ref": f"#/$defs/d{level + 1}"}] * width} for level in range(levels)
    }
    return {"$defs": {**definitions, f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}


BOMBS: dict[str, dict[str, Any]] = {
    "a reference to itself": {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
    "two that refer to each other": {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
    },
    "many alternatives of many": fan_out("anyOf", 12, 6),
    "exactly one of many": fan_out("oneOf", 12, 6),
    "all of many": fan_out("allOf", 30, 2),
    "very deep": nest({}, 5_000),
    "very many names": {"properties": {f"a{number}": {"type": "string"} for number in range(6_000)}},
    "so many names that looking takes long": {"properties": {f"a{n}": {"type": "string"} for n in range(50_000)}},
    "so many required names that looking takes long": {"required": [f"a{n}" for n in range(100_000)]},
    "an evil pattern": {"pattern": "(a{1000}){1000}"},
    "a pattern with a look-ahead": {"pattern": "^(?=(a+))+$"},
    "dynamic references": {"$dynamicAnchor": "a", "$dynamicRef": "#a"},
    "a long list of required names": {"required": [f"a{number}" for number in range(12_000)]},
}
ALLOWED: dict[str, tuple[dict[str, Any], str]] = {
    "nested quantifiers": ({"pattern": "^(a+)+$"}, '"' + "a" * 100_000 + '!"'),
    "unique items": ({"uniqueItems": True}, "[" + ",".join(f"[{number}]" for number in range(3_000)) + "]"),
    "deep value": ({"type": "object"}, "[" * 100_000),
    "a large number": ({"multipleOf": 0.1}, "1" * 100_000),
    "many alternatives": ({"items": {"anyOf": [{"const": n} for n in range(60)]}}, "[" + "0," * 20_000 + "0]"),
}


@pytest.mark.parametrize("schema", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_before_it_goes_off(schema: dict[str, Any]) -> None:
    started = time.process_time()

    with pytest.raises(InvalidRequestError):
        make_check({"check": "json_schema", "schema": schema})

    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "schema",
    [{"properties": {f"a{n}": {"type": "string"} for n in range(50_000)}}, {"required": ["a"] * 100_000}],
    ids=["names", "required names"],
)
def test_a_vast_schema_is_refused_by_its_size_before_anything_else(schema: dict[str, Any]) -> None:
    # Half of a character would be found by looking at every value.
    vast = {**schema, "title": "\ud800"}
    said = "is too large: it may have 10,000 values in all"

    assert find_schema_faults(vast, "/inputs") == (Fault(pointer="/inputs", message=said),)
    with pytest.raises(InvalidRequestError) as raised:
        make_check({"check": "json_schema", "schema": vast}, pointer="/checks/0")
    assert raised.value.faults == (Fault(pointer="/checks/0", message=said),)


@pytest.mark.parametrize(("schema", "text"), ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_allowed_takes_bounded_time(schema: dict[str, Any], text: str) -> None:
    check = make_check({"check": "json_schema", "schema": schema})
    started = time.process_time()

    assert len(check.judge(text)) <= 50

    assert time.process_time() - started < 1


@pytest.mark.parametrize("keyword", ["$ref", "$schema", "$id", "$dynamicRef", "$recursiveRef"])
def test_nothing_is_fetched(keyword: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"

        with pytest.raises(InvalidRequestError):
            make_check({"check": "json_schema", "schema": {"items": {keyword: address}}})

        with pytest.raises(BlockingIOError):
            server.accept()
