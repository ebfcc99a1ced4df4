"""Runs that start with a text that exists: the generator's model is not asked, all that follows is as ever."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.pipeline.run import Run
from domain.run.events import DraftWritten, RunCompleted, TextFormatted
from domain.run.metadata import describe_run
from domain.run.model import Stage
from domain.run.rerun import RerunOf
from tests.domain.pipeline.kit import LONG_ENOUGH, carry_out, make_pipeline, make_run, provide, types
from tests.examples import NOW

OLD = "0190a2b4-0000-4000-8000-000000000000"
FORMATTER = RerunOf(run_id=OLD, stage="formatter", draft="*  Tea  and cake", edited=True)
VALIDATOR = evolve(FORMATTER, stage="validator")
PROMPTS = {"generator": {"user": "Write about {{ topic }}."}, "formatter": {"user": "As a list:\n{{ text }}"}}


def start_from(start: RerunOf, run: Run) -> Run:
    run.spec = evolve(run.spec, rerun_of=start)
    return run


async def test_from_the_formatter_a_draft_is_formatted_and_checked_and_no_model_is_asked() -> None:
    provider = provide()

    events = await carry_out(make_pipeline(provider), start_from(FORMATTER, make_run()))

    assert types(events) == ["progress", "draft", "progress", "text", "progress", "findings", "progress", "complete"]
    assert events[1] == DraftWritten(message="Starting from an edited draft", draft="*  Tea  and cake")
    assert events[-1] == RunCompleted(success=True, output="- Tea and cake", metadata={"limit": None})
    assert provider.requests == []


async def test_a_draft_that_breaks_a_check_is_repaired() -> None:
    provider = provide("Tea, cake and more.")
    run = start_from(evolve(FORMATTER, draft="Tea."), make_run(checks=LONG_ENOUGH))

    events = await carry_out(make_pipeline(provider), run)

    assert isinstance(events[-1], RunCompleted)
    assert (events[-1].success, events[-1].output) == (True, "Tea, cake and more.")
    assert [request.stage for request in provider.requests] == [Stage.RETRY]


async def test_from_the_formatter_a_set_that_has_a_model_format_asks_it() -> None:
    provider = provide("* tea\n* cake")

    await carry_out(make_pipeline(provider), start_from(FORMATTER, make_run(prompts=PROMPTS)))

    assert [request.stage for request in provider.requests] == [Stage.FORMATTER]


async def test_from_the_validator_no_model_formats_but_the_rules_do() -> None:
    provider = provide()

    events = await carry_out(make_pipeline(provider), start_from(VALIDATOR, make_run(prompts=PROMPTS)))

    texts = [event for event in events if isinstance(event, TextFormatted)]
    assert texts == [TextFormatted(stage=Stage.FORMATTER, attempt=1, text="- Tea and cake", format="markdown")]
    assert provider.requests == []


@pytest.mark.parametrize("start", [FORMATTER, VALIDATOR])
async def test_nobody_gets_a_script_past_the_rules_in_a_draft(start: RerunOf) -> None:
    run = start_from(evolve(start, draft="<p>Tea</p><script>alert(1)</script>"), make_run(output_format="html"))
    run.spec = evolve(run.spec, output_format="html")

    events = await carry_out(make_pipeline(provide()), run)

    assert isinstance(events[-1], RunCompleted)
    assert events[-1].output == "<p>Tea</p>"


async def test_a_rerun_from_the_generator_writes_a_text_of_its_own() -> None:
    provider = provide("Tea and biscuits.")

    events = await carry_out(make_pipeline(provider), start_from(RerunOf(run_id=OLD), make_run()))

    assert isinstance(events[-1], RunCompleted)
    assert (events[-1].output, len(provider.requests)) == ("Tea and biscuits.", 1)


async def test_the_draft_of_the_earlier_run_is_not_called_edited() -> None:
    run = start_from(evolve(FORMATTER, edited=False), make_run())

    events = await carry_out(make_pipeline(provide()), run)

    assert events[1] == DraftWritten(message="Starting from the draft of an earlier run", draft="*  Tea  and cake")


async def test_the_metadata_says_where_a_run_came_from() -> None:
    run = start_from(FORMATTER, make_run())
    await carry_out(make_pipeline(provide()), run)

    metadata = describe_run(run.id, run.spec, run.history, now=NOW)

    assert metadata["rerun_of"] == {"run_id": OLD, "stage": "formatter", "edited": True}


async def test_a_run_that_lost_its_worker_behind_the_draft_takes_it_once() -> None:
    first = start_from(FORMATTER, make_run())
    events = await carry_out(make_pipeline(provide()), first)
    again = start_from(FORMATTER, make_run(*events[:2], restart_reason="worker_lost"))

    rest = await carry_out(make_pipeline(provide()), again)

    assert types(rest)[0] == "restarted"
    assert "draft" not in types(rest)
    assert isinstance(rest[-1], RunCompleted)
