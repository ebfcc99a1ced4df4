"""From prompt to validated text, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from attrs import evolve

from domain.completion import Turn
from domain.run.events import DraftWritten, RunCompleted, TextFormatted, TextJudged, TokensUsed
from domain.run.limits import Limits
from domain.run.model import Stage
from domain.run.price import Price, PriceList, PriceOrigin, Rates
from domain.run.usage import Tokens
from tests.domain.pipeline.kit import LONG_ENOUGH, carry_out, make_pipeline, make_run, percents, provide, types, write


async def test_a_text_that_passes_goes_straight_through() -> None:
    events = await carry_out(make_pipeline(provide("Tea is hot.")), make_run(checks=LONG_ENOUGH))

    assert types(events) == [
        "progress",
        "delta",
        "usage",
        "draft",
        "progress",
        "text",
        "progress",
        "findings",
        "progress",
        "complete",
    ]
    assert events[-1] == RunCompleted(success=True, output="Tea is hot.", metadata={"limit": None})
    assert [stage for stage, percent in percents(events) if percent in (10, 30, 60, 80, 100)] == [
        "load_prompts",
        "generator",
        "formatter",
        "validator",
        "done",
    ]


async def test_a_finding_leads_to_a_repair_between_85_and_95() -> None:
    provider = provide("Tea.", "Tea is hot.")
    events = await carry_out(make_pipeline(provider), make_run(checks=LONG_ENOUGH))

    assert events[-1] == RunCompleted(success=True, output="Tea is hot.", metadata={"limit": None})
    retry = [percent for stage, percent in percents(events) if stage == "retry"]
    assert (min(retry), max(retry) <= 95) == (85, True)
    assert [event for event in events if isinstance(event, DraftWritten)] == [
        DraftWritten(message="Initial draft generated", draft="Tea.")
    ]


async def test_a_percentage_never_goes_back() -> None:
    provider = provide("Tea.", "Tea!", "Tea is hot.")
    events = await carry_out(make_pipeline(provider), make_run(checks=LONG_ENOUGH))

    steps = [percent for _, percent in percents(events)]
    assert steps == sorted(steps)


async def test_the_repair_is_asked_for_with_the_text_and_its_findings() -> None:
    provider = provide("Tea.", "Tea is hot.")
    await carry_out(make_pipeline(provider), make_run(checks=LONG_ENOUGH))

    first, repair = provider.requests
    assert (repair.stage, repair.attempt, repair.system) == (Stage.RETRY, 2, first.system)
    assert repair.turns[:2] == (*first.turns, Turn(role="assistant", content="Tea."))
    assert "1 word" in repair.turns[2].content


PRICE = Price(
    rates=Rates(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75),
    origin=PriceOrigin(source="list", date=date(2026, 1, 1)),
)


async def test_usage_of_a_call_and_its_text_are_told_together() -> None:
    provider = provide(write("Tea.", tokens=Tokens(input=9, output=2, cached=4), model="m-1"))
    run = make_run()
    pipeline = make_pipeline(provider, prices=PriceList(prices={"scripted": PRICE, "m-1": PRICE}))
    groups = [events async for events in pipeline.run_stream(run)]

    used = TokensUsed(
        stage=Stage.GENERATOR,
        attempt=1,
        model="m-1",
        input_tokens=9,
        output_tokens=2,
        cached_tokens=4,
        cost_usd=0.0000462,
        price=PRICE.origin,
    )
    assert (used, DraftWritten(message="Initial draft generated", draft="Tea.")) in groups


async def test_the_best_text_is_returned_when_no_attempt_passed() -> None:
    checks = ({"check": "required_phrases", "phrases": ["hot", "green"]},)
    provider = provide("Tea.", "Hot tea.", "Tea again.")
    events = await carry_out(make_pipeline(provider), make_run(checks=checks))

    assert events[-1] == RunCompleted(success=False, output="Hot tea.", metadata={"limit": "attempts"})
    assert percents(events)[-1] == ("fail", 100)


async def test_a_repair_that_made_things_worse_is_not_repaired_further() -> None:
    checks = ({"check": "required_phrases", "phrases": ["hot", "green"]},)
    provider = provide("Hot tea.", "Tea.", "Hot green tea.")
    await carry_out(make_pipeline(provider), make_run(checks=checks))

    assert provider.requests[2].turns[1].content == "Hot tea."


async def test_a_truncated_text_has_not_passed() -> None:
    provider = provide(write("Tea is hot.", stop_reason="max_tokens"), "Tea is hot.")
    events = await carry_out(make_pipeline(provider), make_run(checks=LONG_ENOUGH))

    first, second = (event for event in events if isinstance(event, TextJudged))
    assert (first.passed, [finding.check for finding in first.findings]) == (False, ["truncated"])
    assert second.passed


async def test_a_truncated_repair_has_not_passed() -> None:
    provider = provide("Tea.", write("Tea is hot.", stop_reason="max_tokens"))
    events = await carry_out(make_pipeline(provider), make_run(checks=LONG_ENOUGH, limits=Limits(attempts=2)))

    assert events[-1] == RunCompleted(success=False, output="Tea is hot.", metadata={"limit": "attempts"})


async def test_checks_on_the_draft_judge_what_the_model_wrote() -> None:
    checks = ({"check": "required_phrases", "on": "draft", "phrases": ["**hot**"]},)
    provider = provide("Tea.", "Tea is **hot**.")
    run = make_run(checks=checks)
    events = await carry_out(make_pipeline(provider), run)

    assert [event.passed for event in events if isinstance(event, TextJudged)] == [False, True]


async def test_the_output_schema_reaches_the_provider() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    provider = provide('{"title": "Tea"}')
    run = make_run(output_format="json", output_schema=schema)
    await carry_out(make_pipeline(provider), run)

    assert provider.requests[0].output_schema == schema


async def test_pure_work_on_a_long_text_is_handed_over() -> None:
    handed: list[int] = []

    async def offload(work: Callable[..., Any], *arguments: Any) -> Any:
        handed.append(1)
        return work(*arguments)

    await carry_out(make_pipeline(provide("Tea is hot. " * 800), offload=offload), make_run(checks=LONG_ENOUGH))

    assert len(handed) >= 3


async def test_running_to_the_end_returns_how_it_ended_with_its_metadata() -> None:
    end = await make_pipeline(provide("Tea is hot.")).run(make_run(checks=LONG_ENOUGH))

    assert isinstance(end, RunCompleted)
    assert (end.output, end.metadata["limit"], end.metadata["usage"]["calls"]) == ("Tea is hot.", None, 1)


async def test_a_retried_text_stands_under_its_attempt() -> None:
    events = await carry_out(make_pipeline(provide("Tea.", "Tea is hot.")), make_run(checks=LONG_ENOUGH))

    texts = [(event.stage, event.attempt, event.text) for event in events if isinstance(event, TextFormatted)]
    assert texts == [(Stage.FORMATTER, 1, "Tea."), (Stage.RETRY, 2, "Tea is hot.")]


async def test_the_model_is_told_the_format_that_the_request_asked_for() -> None:
    provider = provide("Tea is hot.")
    run = make_run()
    run.spec = evolve(run.spec, output_format="text")
    await carry_out(make_pipeline(provider), run)

    assert "plain text" in provider.requests[0].system


async def test_two_rules_that_find_the_same_make_one_finding() -> None:
    provider = provide("{", '{"title": "Tea"}')
    run = make_run(
        output_format="json",
        checks=({"check": "json_schema", "schema": {"type": "object"}},),
        output_schema={"type": "object"},
    )
    run.spec = evolve(run.spec, output_format="json")
    events = await carry_out(make_pipeline(provider), run)

    first = next(event for event in events if isinstance(event, TextJudged))
    assert len(first.findings) == 1
