import hashlib
from typing import Any

import msgspec
import pytest

from domain.completion import ModelOptions
from domain.content.prompt import PromptSet, PromptTemplate
from domain.content.prompt_set import encode_prompt_set, hash_content, parse_prompt_set, read_prompt_set
from domain.errors import PromptSetError
from tests.domain.content.documents import DOCUMENT

SCHEMA = {"type": "object", "properties": {"z": {}, "a": {}}}


def test_the_least_that_a_set_has() -> None:
    assert read_prompt_set(DOCUMENT) == PromptSet(
        name="product-description",
        title="Product description",
        description="",
        inputs={"additionalProperties": False, **DOCUMENT["inputs"]},
        output_format="markdown",
        prompts={"generator": PromptTemplate(**DOCUMENT["prompts"]["generator"])},
        main_input="product",
    )


def test_everything_that_a_set_can_have() -> None:
    prompt_set = read_prompt_set(
        {
            **DOCUMENT,
            "description": "For the shop.",
            "main_input": "audience",
            "output_format": "json",
            "output_schema": SCHEMA,
            "model": "some-model",
            "model_options": {"thinking": "off", "effort": "xhigh"},
            "prompts": {**DOCUMENT["prompts"], "repair": {"user": "{{ text }} {{ findings }} {{ product }}"}},
            "checks": [{"check": "placeholders"}],
            "limits": {"attempts": 2},
            "samples": [{"product": "Lamp"}],
        }
    )

    assert prompt_set.description == "For the shop."
    assert prompt_set.main_input == "audience"
    assert prompt_set.output_schema == SCHEMA
    assert prompt_set.model == "some-model"
    assert prompt_set.model_options == ModelOptions(thinking="off", effort="xhigh")
    assert prompt_set.prompts["repair"] == PromptTemplate(user="{{ text }} {{ findings }} {{ product }}")
    assert prompt_set.checks == ({"check": "json_schema", "schema": SCHEMA}, {"check": "placeholders"})
    assert prompt_set.limits == {"attempts": 2}
    assert prompt_set.samples == ({"product": "Lamp"},)


def test_a_set_may_name_several_models() -> None:
    assert read_prompt_set({**DOCUMENT, "model": ["a", "b"]}).model == ("a", "b")


def test_inputs_may_be_left_open() -> None:
    inputs = {**DOCUMENT["inputs"], "additionalProperties": True}

    assert read_prompt_set({**DOCUMENT, "inputs": inputs}).inputs["additionalProperties"] is True


@pytest.mark.parametrize(
    ("properties", "required", "main"),
    [
        ({"a": {"type": "string"}, "b": {"type": "string"}}, ["b"], "b"),
        ({"n": {"type": "integer"}, "a": {"type": "string"}}, ["n"], "a"),
        ({"a": {"$ref": "#/$defs/text"}}, [], "a"),
        ({"n": {"type": "integer"}, "any": True}, [], None),
    ],
)
def test_the_main_input_is_the_first_required_text_else_the_first(
    properties: dict[str, Any], required: list[str], main: str | None
) -> None:
    inputs = {
        "type": "object",
        "properties": properties,
        "required": required,
        "$defs": {"text": {"type": "string"}},
    }
    prompts = {"generator": {"user": "Write."}}

    assert read_prompt_set({**DOCUMENT, "inputs": inputs, "prompts": prompts}).main_input == main


def test_content_keeps_the_order_of_inputs_and_has_one_order_of_fields() -> None:
    turned = dict(reversed(DOCUMENT.items()))

    assert encode_prompt_set(turned) == encode_prompt_set(DOCUMENT)
    assert list(msgspec.json.decode(encode_prompt_set(DOCUMENT))["inputs"]["properties"]) == [
        "product",
        "audience",
        "facts",
    ]


def test_content_reads_back_as_the_same_set_and_only_once() -> None:
    content = encode_prompt_set(DOCUMENT)

    assert parse_prompt_set(content) == read_prompt_set(DOCUMENT)
    assert parse_prompt_set(content) is parse_prompt_set(bytes(bytearray(content)))


def test_the_hash_of_content_is_its_sha_256() -> None:
    assert hash_content(b"{}") == hashlib.sha256(b"{}").hexdigest()


def test_faulty_content_is_an_error_each_time() -> None:
    for _ in range(2):
        with pytest.raises(PromptSetError, match="has 5 faults"):
            parse_prompt_set(b"{}")


def test_hosts_for_images_and_a_formatter_are_read() -> None:
    prompts = {**DOCUMENT["prompts"], "formatter": {"user": "{{ text }}"}}

    read = read_prompt_set({**DOCUMENT, "prompts": prompts, "html": {"remote": ["images.example.org"]}})

    assert read.remote_hosts == frozenset({"images.example.org"})
    assert read.prompts["formatter"].user == "{{ text }}"


@pytest.mark.parametrize(
    ("changes", "pointer", "message"),
    [
        ({"html": {"remote": ["https://a.b"]}}, "/html/remote/0", "for example images.example.org"),
        ({"html": {"remote": ["*.a.b"]}}, "/html/remote/0", "for example images.example.org"),
        ({"html": {"remot": []}}, "/html/remot", "did you mean remote?"),
        (
            {"prompts": {**DOCUMENT["prompts"], "formatter": {"user": "Format {{ product }}."}}},
            "/prompts/formatter/user",
            "must have the slot {{ text }}, which is what is formatted",
        ),
    ],
)
def test_faults_of_html_and_formatter_are_told(changes: dict[str, Any], pointer: str, message: str) -> None:
    with pytest.raises(PromptSetError) as caught:
        read_prompt_set({**DOCUMENT, **changes})

    assert [fault.pointer for fault in caught.value.faults] == [pointer]
    assert message in caught.value.faults[0].message
