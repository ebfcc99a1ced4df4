"""The prompt sets in prompts/: sound, usable at once, and with checks that a good text passes."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from adapters.prompts.files import read_prompt_files
from domain.content.checks import make_check
from domain.content.formats import format_findings, format_text
from domain.content.prompt import PromptSet
from domain.content.rendering import render_generator, render_repair
from domain.content.schema import apply_defaults, find_value_faults

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "blog-post",
    "faq",
    "meta-description",
    "newsletter",
    "press-release",
    "product-description",
    "release-notes",
    "social-posts",
)


@cache
def find_sets() -> Mapping[str, PromptSet]:
    files, _ = read_prompt_files(ROOT / "prompts")
    return {file.name: file.prompt_set for file in files}


def read_good_text(name: str) -> str:
    [path] = (ROOT / "tests/fixtures/shipped").glob(f"{name}.*")
    return path.read_text(encoding="utf-8")


def judge(prompt_set: PromptSet, draft: str) -> list[tuple[str, str]]:
    output = format_text(draft, prompt_set.output_format, schema=prompt_set.output_schema)
    checks = [make_check(spec) for spec in prompt_set.checks]
    findings = list(format_findings(output, prompt_set.output_format))
    for check in checks:
        findings += check.judge(draft if check.on == "draft" else output)
    return [(finding.check, finding.message) for finding in findings]


def test_all_eight_are_there_and_none_has_a_fault() -> None:
    files, broken = read_prompt_files(ROOT / "prompts")

    assert [line for faults in broken for line in faults.lines] == []
    assert tuple(file.name for file in files) == SHIPPED


def test_none_names_a_model() -> None:
    assert {prompt_set.model for prompt_set in find_sets().values()} == {None}


def test_a_blog_post_needs_nothing_but_a_topic() -> None:
    assert find_sets()["blog-post"].inputs["required"] == ["topic"]


def test_their_main_inputs_are_what_a_writer_has_at_hand() -> None:
    assert {name: prompt_set.main_input for name, prompt_set in find_sets().items()} == {
        "blog-post": "topic",
        "faq": "facts",
        "meta-description": "page",
        "newsletter": "news",
        "press-release": "news",
        "product-description": "product",
        "release-notes": "changes",
        "social-posts": "message",
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_every_input_tells_a_form_its_title_and_what_to_enter(name: str) -> None:
    for schema in find_sets()[name].inputs["properties"].values():
        assert {"title", "description"} <= schema.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_example_and_default_is_a_value_that_the_input_takes(name: str) -> None:
    for key, schema in find_sets()[name].inputs["properties"].items():
        values = [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]
        assert [find_value_faults(schema, value, f"/{key}") for value in values] == [()] * len(values)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sample_reaches_the_prompt_with_every_value(name: str) -> None:
    prompt_set = find_sets()[name]
    [sample] = prompt_set.samples

    _, user = render_generator(prompt_set, sample)

    for value in apply_defaults(prompt_set.inputs, sample).values():
        for piece in value if isinstance(value, list) else [value]:
            assert piece in user


@pytest.mark.parametrize("name", SHIPPED)
def test_required_inputs_alone_make_a_prompt_that_does_not_name_the_others(name: str) -> None:
    prompt_set = find_sets()[name]
    [sample] = prompt_set.samples
    required = {key: sample[key] for key in prompt_set.inputs["required"]}

    _, user = render_generator(prompt_set, required)

    assert re.findall(r":[ ]*\n(?!<input-)|:[ ]*\Z|\n{3}", user) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_the_prompt_states_every_bound_of_length_that_is_checked(name: str) -> None:
    prompt_set = find_sets()[name]

    system, _ = render_generator(prompt_set, prompt_set.samples[0])

    bounds = [spec["max"] for spec in prompt_set.checks if spec["check"] in ("words", "characters")]
    assert [bound for bound in bounds if str(bound) not in system] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_good_text_passes(name: str) -> None:
    assert judge(find_sets()[name], read_good_text(name)) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_good_text_fits_into_half_of_the_output_tokens(name: str) -> None:
    # Languages other than English take up to twice the tokens; 3 code points a token is a low estimate for English.
    assert len(read_good_text(name)) / 3 < find_sets()[name].limits["output_tokens"] / 2


@pytest.mark.parametrize("name", SHIPPED)
def test_a_text_with_a_stock_phrase_is_sent_back(name: str) -> None:
    prompt_set = find_sets()[name]
    [phrases] = [spec["phrases"] for spec in prompt_set.checks if spec["check"] == "forbidden_phrases"]

    for phrase in phrases:
        assert ("forbidden_phrases", f'says "{phrase}": say it differently.') in judge(prompt_set, f"Well, {phrase}.")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_text_with_something_left_to_fill_in_is_sent_back(name: str) -> None:
    findings = judge(find_sets()[name], "Ask [insert name] about it.")

    assert [check for check, _ in findings if check == "placeholders"] == ["placeholders"]


@pytest.mark.parametrize("name", SHIPPED)
def test_an_empty_text_is_sent_back_with_a_prompt_for_its_repair(name: str) -> None:
    prompt_set = find_sets()[name]
    findings = format_findings("", prompt_set.output_format)

    repair = render_repair(prompt_set, prompt_set.samples[0], text="", findings=findings)

    assert "is empty: write the text that was asked for." in repair
