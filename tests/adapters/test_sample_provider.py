"""The sample provider: what it writes for the shipped prompt sets, for others, and at which pace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.clock import ManualClock, SystemClock
from adapters.prompts.files import read_prompt_files
from adapters.providers.sample.provider import SampleProvider, write_sample
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta, TokensSoFar, Turn
from domain.content.checks import make_check
from domain.content.finding import Finding
from domain.content.formats import format_findings, format_text
from domain.content.prompt import PromptSet
from domain.content.rendering import render_generator, render_repair
from domain.content.schema import find_value_faults
from domain.content.words import count_words
from domain.run.model import OutputFormat, Stage
from domain.run.usage import Tokens

PROMPTS = Path(__file__).parents[2] / "prompts"
OTHERS = (
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
    files, _ = read_prompt_files(PROMPTS)
    return {file.name: file.prompt_set for file in files}


def ask(
    system: str = "",
    user: str = "Write.",
    *,
    inputs: Mapping[str, Any] | None = None,
    attempt: int = 1,
    turns: tuple[Turn, ...] = (),
    schema: Mapping[str, Any] | None = None,
    max_output_tokens: int = 4000,
) -> PromptRequest:
    return PromptRequest(
        stage=Stage.GENERATOR if attempt == 1 else Stage.RETRY,
        attempt=attempt,
        model="sample",
        system=system,
        turns=(Turn(role="user", content=user), *turns),
        max_output_tokens=max_output_tokens,
        inputs=inputs or {},
        output_schema=schema,
    )


def ask_set(name: str, *, only_required: bool, output_format: OutputFormat | None = None) -> PromptRequest:
    prompt_set = find_sets()[name]
    [sample] = prompt_set.samples
    inputs = {key: value for key, value in sample.items() if not only_required or key in prompt_set.inputs["required"]}
    system, user = render_generator(prompt_set, inputs, output_format=output_format)
    return ask(system, user, inputs=inputs, schema=prompt_set.output_schema)


async def stream(request: PromptRequest) -> list[ProviderItem]:
    async with aclosing(SampleProvider(SystemClock(), tokens_per_second=0).stream(request)) as items:
        return [item async for item in items]


async def write(request: PromptRequest) -> str:
    return "".join(item.text for item in await stream(request) if isinstance(item, TextDelta))


def judge(prompt_set: PromptSet, draft: str) -> list[Finding]:
    output = format_text(draft, prompt_set.output_format, schema=prompt_set.output_schema)
    findings = list(format_findings(output, prompt_set.output_format))
    for check in map(make_check, prompt_set.checks):
        findings += check.judge(draft if check.on == "draft" else output)
    return findings


@pytest.mark.parametrize("only_required", [False, True])
@pytest.mark.parametrize("name", OTHERS)
async def test_the_first_text_passes_its_sets_checks(name: str, only_required: bool) -> None:
    draft = await write(ask_set(name, only_required=only_required))

    assert judge(find_sets()[name], draft) == []


@pytest.mark.parametrize("only_required", [False, True])
async def test_a_blog_post_is_a_little_too_short_at_first_and_passes_when_it_is_repaired(only_required: bool) -> None:
    prompt_set = find_sets()["blog-post"]
    request = ask_set("blog-post", only_required=only_required)

    draft = await write(request)
    findings = judge(prompt_set, draft)
    repair = render_repair(prompt_set, request.inputs, text=draft, findings=tuple(findings))
    turns = (Turn(role="assistant", content=draft), Turn(role="user", content=repair))
    mended = await write(ask(request.system, request.turns[0].content, inputs=request.inputs, attempt=2, turns=turns))

    assert [finding.check for finding in findings] == ["words"]
    assert 0.85 * 400 < count_words(draft) < 400
    assert judge(prompt_set, mended) == []


@pytest.mark.parametrize("name", ["blog-post", *OTHERS])
async def test_every_text_says_that_it_is_a_sample_and_what_it_is_about(name: str) -> None:
    draft = await write(ask_set(name, only_required=False))

    [subject] = [value for key, value in find_sets()[name].samples[0].items() if key in ("topic", "subject")] or [""]
    assert "sample" in draft.lower()
    assert subject[:60] in draft


async def test_equal_requests_give_equal_texts() -> None:
    request = ask_set("newsletter", only_required=False)

    assert await write(request) == await write(request)


async def test_a_repair_follows_the_bound_that_a_finding_names() -> None:
    turns = (
        Turn(role="assistant", content="Short."),
        Turn(role="user", content="1. The text has 1 words, 1,199 too few: write at least 1,200."),
    )

    draft = await write(ask("Write 100 to 140 words in all.", attempt=2, turns=turns))

    assert 1_200 <= count_words(draft) < 1_230


async def test_a_prompt_without_any_wishes_gets_a_short_text_with_a_title() -> None:
    draft = await write(ask(inputs={"what": "Tea"}))

    assert draft.startswith("# Sample: Tea\n\nThis is a sample about")
    assert 80 <= count_words(draft) <= 160


@pytest.mark.parametrize(
    ("system", "low", "high"),
    [
        ("Write 200 to 220 words.", 210, 235),
        ("Write 30 words at least and 50 at most.", 40, 65),
        ("A title of 5 to 9 words. Write 200 to 220 words in all.", 210, 235),
        ("Write 220 to 200 words.", 80, 160),
    ],
)
async def test_the_wished_length_is_read_from_the_prompt(system: str, low: int, high: int) -> None:
    assert low <= count_words(await write(ask(system))) <= high


async def test_a_length_that_an_input_names_is_no_wish() -> None:
    draft = await write(ask("Write 100 to 140 words.", "<input-0a1b2c3d>5 to 9 words in all (#)</input-0a1b2c3d>"))

    assert count_words(draft) >= 100


async def test_plain_text_has_no_headings() -> None:
    draft = await write(ask_set("blog-post", only_required=True, output_format="text"))

    assert "#" not in draft


async def test_markup_and_length_of_an_input_stay_out_of_the_text() -> None:
    draft = await write(ask(inputs={"topic": "**Tea** [insert] {{ x }} <b> " + "and milk " * 40, "n": 5, "e": " "}))

    assert draft.startswith("# Sample: Tea insert x b and milk and milk")
    assert len(draft.partition("\n")[0]) < 90


async def test_a_list_among_the_inputs_is_shown_and_names_of_the_prompt_become_headings() -> None:
    draft = await write(
        ask(
            "Second-level headings (##). LinkedIn: two lines. X: one line.",
            inputs={"message": "Tea", "networks": ["LinkedIn", "X"], "facts": ["Hot", 5, "Brown"]},
        )
    )

    assert [line for line in draft.split("\n") if line.startswith(("#", "-"))] == [
        "## LinkedIn",
        "## X",
        "- Hot",
        "- Brown",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 500, "maxLength": 600}}},
        {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}},
        {"type": "array", "minItems": 6, "items": {"type": "integer", "minimum": 7, "multipleOf": 5}},
        {"type": "array", "maxItems": 2},
        {"properties": {"a": {"exclusiveMinimum": 3, "maximum": 3.5, "type": "number"}, "b": {"type": "boolean"}}},
        {"type": ["null", "string"]},
        {"enum": ["a", "b"]},
        {"const": {"a": 1}},
        {"type": "string", "default": "x"},
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        {"anyOf": [True, {"type": "string"}], "type": "integer"},
        {"oneOf": [{"$ref": "#/$defs/d"}], "$defs": {"d": {"type": "string", "format": "date"}}},
        {"allOf": [{"type": "string"}], "maxLength": 9},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "uri"},
        {"type": "string", "pattern": "^[a-z-]+$"},
        {"type": "string", "pattern": r"^\d+$"},
        {"type": "string", "pattern": "^Q-[0-9]$", "examples": ["Q-7"]},
    ],
)
async def test_json_follows_its_schema(schema: dict[str, Any]) -> None:
    draft = await write(ask("Answer with JSON.", schema=schema))

    assert find_value_faults(schema, msgspec.json.decode(draft), "") == ()


async def test_a_schema_that_asks_for_a_flood_does_not_get_it() -> None:
    text = {"type": "string", "minLength": 10**9, "maxLength": 10**9}
    schema = {"type": "array", "minItems": 10**9, "items": {"type": "array", "minItems": 10**9, "items": text}}

    assert len(write_sample(ask(schema=schema))) < 20_000_000


async def test_a_prompt_that_asks_for_a_flood_gets_what_the_output_tokens_allow() -> None:
    request = ask("Write 900000 to 999999 words in all.", max_output_tokens=100)

    *_, last = items = await stream(request)

    assert sum(isinstance(item, TextDelta) for item in items) == 100
    assert isinstance(last, Completion)
    assert last.stop_reason == "max_tokens"
    assert count_words(write_sample(request)) < 200


async def test_a_pattern_that_nothing_fits_still_gets_a_text() -> None:
    assert await write(ask(schema={"type": "string", "pattern": "^no such thing$"})) != ""


async def test_counts_are_words_and_the_first_one_comes_before_the_text() -> None:
    first, *_, last = items = await stream(ask("Write 100 to 140 words."))

    words = sum(isinstance(item, TextDelta) for item in items)
    assert isinstance(first, TokensSoFar)
    assert last == Completion(model="sample", stop_reason="end", tokens=Tokens(input=first.tokens.input, output=words))


async def test_a_text_is_cut_at_the_output_tokens() -> None:
    *_, last = items = await stream(ask(max_output_tokens=5))

    assert sum(isinstance(item, TextDelta) for item in items) == 5
    assert isinstance(last, Completion)
    assert last.stop_reason == "max_tokens"


async def test_words_come_at_the_pace_that_was_set() -> None:
    clock = ManualClock()
    got: list[str] = []

    async def read() -> None:
        async with aclosing(SampleProvider(clock, tokens_per_second=10).stream(ask())) as items:
            async for item in items:
                if isinstance(item, TextDelta):
                    got.append(item.text)

    reading = asyncio.create_task(read())
    await clock.advance(0.95)
    reading.cancel()

    assert len(got) == 9


async def test_without_a_pace_other_work_still_gets_its_turn() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    items = await stream(ask("Write 100 to 140 words."))
    counting.cancel()

    assert turns >= len(items) - 3


async def test_it_offers_itself() -> None:
    assert await SampleProvider(SystemClock()).list_models() == (Model(id="sample", title="Sample (no model, no key)"),)
