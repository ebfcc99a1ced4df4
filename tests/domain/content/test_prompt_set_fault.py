from typing import Any

import pytest

from domain.content.prompt_set import read_prompt_set
from domain.errors import PromptSetError
from tests.domain.content.documents import DOCUMENT


def find(**changes: Any) -> list[tuple[str, str]]:
    document = {name: value for name, value in {**DOCUMENT, **changes}.items() if value is not None}
    with pytest.raises(PromptSetError) as raised:
        read_prompt_set(document)
    return [(fault.pointer, fault.message) for fault in raised.value.faults]


def inputs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**DOCUMENT["inputs"]["properties"], **properties}}


@pytest.mark.parametrize("document", [5, [], "x", None])
def test_what_is_no_object_has_one_fault(document: Any) -> None:
    with pytest.raises(PromptSetError, match=r"^The prompt set has 1 fault\.$") as raised:
        read_prompt_set(document)

    assert [fault.message for fault in raised.value.faults] == ["must be an object of names and values"]


def test_an_empty_document_is_told_what_it_lacks() -> None:
    with pytest.raises(PromptSetError) as raised:
        read_prompt_set({})

    assert [fault.pointer for fault in raised.value.faults] == [
        "/name",
        "/title",
        "/inputs",
        "/output_format",
        "/prompts",
    ]


def test_what_is_no_json_is_told_first() -> None:
    assert find(title=float("nan"), name=5) == [("/title", "must be a finite number")]


@pytest.mark.parametrize(
    ("changes", "pointer", "message"),
    [
        (
            {"name": "Bad Name"},
            "/name",
            "does not have the form that is asked for (^[a-z0-9]+(-[a-z0-9]+)*$), for example product-description",
        ),
        (
            {"model_options": {"thinking": "adaptiv"}},
            "/model_options/thinking",
            "must be one of adaptive, off; did you mean adaptive?",
        ),
        ({"model_options": {"efort": "low"}}, "/model_options/efort", "is not known here; did you mean effort?"),
        ({"model": []}, "/model", "has 0 items and needs at least 1"),
        ({"model": ["a", " "]}, "/model/1", r"does not have the form that is asked for (\S)"),
        ({"model": 5}, "/model", "must be a text or a list"),
        ({"titel": "x"}, "/titel", "is not known here; did you mean title?"),
        ({"title": " "}, "/title", r"does not have the form that is asked for (\S)"),
        (
            {"output_format": "mardown"},
            "/output_format",
            "must be one of markdown, html, json, text; did you mean markdown?",
        ),
        ({"inputs": {"type": "object"}}, "/inputs", "must have type: object and properties, one for each input"),
        ({"inputs": {"type": "string"}}, "/inputs", "must have type: object and properties, one for each input"),
        (
            {"inputs": inputs(a={"maxLenght": 3})},
            "/inputs/properties/a/maxLenght",
            "is not a keyword of JSON Schema that can be used here; did you mean maxLength?",
        ),
        (
            {"inputs": inputs(text={})},
            "/inputs/properties/text",
            "has a name that means something in templates; choose another one",
        ),
        (
            {"inputs": inputs(**{"a-b": {}})},
            "/inputs/properties/a-b",
            "must have a name of letters, digits and _ only, to be a slot",
        ),
        ({"inputs": {**inputs(), "required": ["prod"]}}, "/inputs/required", "names prod, which is not in properties"),
        (
            {"inputs": inputs(tone={"enum": ["warm"], "default": "wram"})},
            "/inputs/properties/tone/default",
            "must be one of warm; did you mean warm?",
        ),
        (
            {"prompts": {**DOCUMENT["prompts"], "jugde": {"user": "x"}}},
            "/prompts/jugde",
            "is not known here; did you mean judge?",
        ),
        (
            {"prompts": {**DOCUMENT["prompts"], "judge": {"system": "x"}}},
            "/prompts/judge",
            "is only for a set that has a judge: with a rubric",
        ),
        (
            {"prompts": {**DOCUMENT["prompts"], "judge": {"user": "{{ product }}"}}, "judge": {"rubric": "x"}},
            "/prompts/judge/user",
            "must have the slot {{ text }}, which is what is judged",
        ),
        (
            {"prompts": {**DOCUMENT["prompts"], "judge": {"system": "{{ text }}"}}, "judge": {"rubric": "x"}},
            "/prompts/judge/system",
            "has an unknown slot text (there are no slots here) (line 1 of the template)",
        ),
        ({"judge": {"threshold": 3}}, "/judge/rubric", "is missing: say what a text is judged by"),
        ({"judge": {"rubric": "x", "threshold": 6}}, "/judge/threshold", "must be at most 5"),
        ({"judge": "x"}, "/judge", "must be an object of names and values"),
        *(
            (
                {"judge": {"rubric": "x", "sample": sample}},
                "/judge/sample",
                "must be always, or the share of runs that are judged: above 0 and at most 1",
            )
            for sample in (0, 1.5, True, "never", None)
        ),
        ({"prompts": {"generator": {"system": "x"}}}, "/prompts/generator/user", "is missing"),
        (
            {"prompts": {"generator": {"user": "{{ prod }}"}}},
            "/prompts/generator/user",
            "has an unknown slot prod; did you mean product? (the slots here are audience, facts, product) "
            "(line 1 of the template)",
        ),
        (
            {"prompts": {"generator": {"user": "x", "system": "{{ product }}"}}},
            "/prompts/generator/system",
            "has an unknown slot product (there are no slots here) (line 1 of the template)",
        ),
        (
            {"prompts": {"generator": {"user": "{{ text }}"}}},
            "/prompts/generator/user",
            "has an unknown slot text (the slots here are audience, facts, product) (line 1 of the template)",
        ),
        (
            {"prompts": {**DOCUMENT["prompts"], "repair": {"system": "x", "user": "y"}}},
            "/prompts/repair/system",
            "is not known here; known are user",
        ),
        ({"prompts": {**DOCUMENT["prompts"], "repair": 5}}, "/prompts/repair", "must be an object of names and values"),
        ({"prompts": {**DOCUMENT["prompts"], "repair": {"user": 5}}}, "/prompts/repair/user", "must be a text"),
        ({"checks": [{"check": "words", "mn": 4}]}, "/checks/0/mn", "is not an option of words; did you mean min?"),
        ({"checks": 5}, "/checks", "must be a list"),
        ({"limits": {"attempts": 0}}, "/limits/attempts", "must be above 0"),
        (
            {"samples": [{"produkt": "x", "product": "y"}]},
            "/samples/0/produkt",
            "is not known here; did you mean product?",
        ),
        ({"samples": [5]}, "/samples/0", "must be an object of names and values"),
        ({"main_input": "produkt"}, "/main_input", "must name an input of type string; did you mean product?"),
        ({"main_input": "facts"}, "/main_input", "must name an input of type string; did you mean facts?"),
        ({"output_schema": {}}, "/output_schema", "is only for output_format: json"),
        (
            {"output_format": "json", "output_schema": {"type": "objekt"}},
            "/output_schema/type",
            "has an unknown type objekt; did you mean object? "
            "(the types are string, number, integer, boolean, array, object, null)",
        ),
    ],
)
def test_a_fault_says_where_and_what(changes: dict[str, Any], pointer: str, message: str) -> None:
    assert find(**changes) == [(pointer, message)]


def test_faults_of_every_part_are_told_at_once() -> None:
    found = find(
        name="X",
        titel="y",
        prompts={"generator": {"user": "{{ prod }}"}, "repair": {"user": "{{ tekst }}"}},
        checks=[{"check": "wrds"}, 5],
        limits={"atempts": 3},
        samples=[{}],
        main_input="x",
    )

    assert [pointer for pointer, _ in found] == [
        "/name",
        "/titel",
        "/prompts/generator/user",
        "/prompts/repair/user",
        "/samples/0/product",
        "/main_input",
        "/checks/0/check",
        "/checks/1",
        "/limits/atempts",
    ]


def test_what_depends_on_broken_inputs_is_not_told() -> None:
    assert [pointer for pointer, _ in find(inputs=5, samples=[{"x": 1}], main_input="y")] == ["/inputs"]
