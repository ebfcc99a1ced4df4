"""Strict JSON: what two readers might understand differently never gets in, and nothing of it is a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import Fault, InvalidRequestError
from domain.run.model import RunRequest
from entrypoints.http.auth import LoginBody
from entrypoints.http.bodies import parse
from entrypoints.http.requests import RunBody
from entrypoints.http.strict_json import MalformedBodyError, parse_json

MALFORMED = {
    "nothing": b"",
    "half": b"{",
    "trailing": b"{} {}",
    "trailing comma": b'{"a":1,}',
    "comment": b"{/* */}",
    "single quotes": b"{'a':1}",
    "duplicate": b'{"prompt":"a","prompt":"b"}',
    "duplicate by escape": b'{"prompt":"a","pro\\u006dpt":"b"}',
    "duplicate within": b'{"inputs":{"a":1,"a":1}}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "float too large": b'{"a":1e999}',
    "whole too large": b'{"a":9223372036854775808}',
    "huge whole": b'{"a":' + b"9" * 5000 + b"}",
    "lone surrogate": b'{"a":"\\ud800"}',
    "lone surrogate as a name": b'{"\\udfff":1}',
    "surrogates the wrong way round": b'{"a":"\\ude00\\ud83d"}',
    "NUL": b'{"a":"x\\u0000y"}',
    "raw control character": b'{"a":"\x01"}',
    "not UTF-8": b'{"a":"\xff"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "BOM": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "wide": b"[" + b"1," * 20_000 + b"1]",
    "65 levels": b"[" * 65 + b"]" * 65,
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedBodyError) as refused:
        parse_json(data)

    assert refused.value.status == 400


def test_64_levels_are_accepted() -> None:
    assert json.dumps(parse_json(b"[" * 64 + b"]" * 64)) == "[" * 64 + "]" * 64


@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
            )
        ),
    )
)
def test_any_other_json_is_read_as_it_is(value: Any) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(data=st.binary() | st.text(alphabet='{}[]":,0123456789aepromt\\u.-+ ').map(str.encode))
@example(b'{"prompt":"x","inputs":{"a":' + b"[" * 70 + b"]" * 70 + b"}}")
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        body = parse(data, RunBody)
    except (MalformedBodyError, InvalidRequestError):
        return

    assert isinstance(body, RunBody)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"prompt": "a", "owner": "me"}, Fault(pointer="/owner", message="is not a field of this request")),
        ({"prompt": "a", "a/b~": 1}, Fault(pointer="/a~1b~0", message="is not a field of this request")),
        ({"prompt": 1}, Fault(pointer="/prompt", message="Expected `str | null`, got `int`")),
        ({"prompt": ""}, Fault(pointer="/prompt", message="Expected `str` of length >= 1")),
        ({"prompt": "a", "inputs": []}, Fault(pointer="/inputs", message="Expected `object`, got `array`")),
        ({"prompt": "a", "tags": ["b"] * 21}, Fault(pointer="/tags", message="Expected `array` of length <= 20")),
        ({"prompt": "a", "tags": ["b", "c" * 65]}, Fault(pointer="/tags/1", message="Expected `str` of length <= 64")),
        ({"prompt": "a", "checks": [{}] * 21}, Fault(pointer="/checks", message="Expected `array` of length <= 20")),
        ({"prompt": "a", "limits": {"attempts": 0}}, Fault(pointer="/limits/attempts", message="Expected `int` >= 1")),
        (
            {"prompt": "a", "limits": {"attempts": "3"}},
            Fault(pointer="/limits/attempts", message="Expected `int`, got `str`"),
        ),
        ({"prompt": "a", "output_format": "pdf"}, Fault(pointer="/output_format", message="Invalid enum value 'pdf'")),
        ([], Fault(pointer="", message="Expected `object`, got `array`")),
    ],
)
def test_a_fault_says_where_and_what(body: Any, fault: Fault) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(json.dumps(body).encode(), RunBody)

    assert refused.value.faults == (fault,)


def test_a_field_that_is_missing_is_a_fault() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(b'{"username": "ann"}', LoginBody)

    assert refused.value.faults == (Fault(pointer="/password", message="is required"),)


@pytest.mark.parametrize(
    "run_id",
    [
        "0B0E7F6E-5F2C-4A39-9D21-6F1F8A2F2A10",
        "{0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10}",
        "0b0e7f6e5f2c4a399d216f1f8a2f2a10",
        "0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10\n",
        "a\r\nX: y",
        "",
    ],
)
def test_a_run_id_is_a_uuid_in_one_form_only(run_id: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(json.dumps({"prompt": "a", "run_id": run_id}).encode(), RunBody)

    assert refused.value.faults[0].pointer == "/run_id"


def test_a_whole_request_is_read_in_the_domains_terms() -> None:
    body = {
        "prompt": "faq@2",
        "inputs": {"topic": "Lamps"},
        "model": "sample",
        "output_format": "html",
        "checks": [{"check": "words", "min": 3}],
        "limits": {"attempts": 2, "cost_usd": 0.5},
        "on_disconnect": "cancel",
        "run_id": "0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10",
        "tags": ["spring"],
    }

    assert parse(json.dumps(body).encode(), RunBody).to_request("blog-post") == RunRequest(
        prompt="faq@2",
        inputs={"topic": "Lamps"},
        model="sample",
        output_format="html",
        checks=({"check": "words", "min": 3},),
        limits={"attempts": 2, "cost_usd": 0.5},
        on_disconnect="cancel",
        run_id="0b0e7f6e-5f2c-4a39-9d21-6f1f8a2f2a10",
        tags=("spring",),
    )


def test_what_is_left_out_has_the_defaults_of_a_request() -> None:
    assert parse(b'{"prompt":"faq"}', RunBody).to_request("blog-post") == RunRequest(prompt="faq")
