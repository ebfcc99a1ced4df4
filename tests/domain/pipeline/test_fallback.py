"""What a run does when a model can't be had: it waits for it in line, or goes on with the next one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import evolve

from adapters.clock import ManualClock
from adapters.providers.scripted import Pause, Script, ScriptedProvider
from domain.errors import ProviderOverloadedError, ProviderUnavailableError
from domain.pipeline.breaker import FAILURES_TO_OPEN
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.retry import PATIENCE_SECONDS, TRIES
from domain.pipeline.run import Run
from domain.run.events import (
    INTERRUPTED,
    Event,
    Progressed,
    RunCompleted,
    RunFailed,
    StageRestarted,
    TextGrew,
    TokensUsed,
)
from domain.run.limits import Limits
from domain.run.metadata import describe_run
from domain.run.model import Stage
from tests.domain.pipeline.kit import carry_out, make_pipeline, make_run, provide, types, write_and_cut
from tests.examples import NOW, RUN_ID

BUSY = ProviderOverloadedError("The model is overloaded.")
DONE = RunCompleted(success=True, output="Tea is hot.", metadata={"limit": None})


def make_run_with(*fallbacks: str, events: tuple[Event, ...] = (), **changes: Any) -> Run:
    run = make_run(*events, **changes)
    run.spec = evolve(run.spec, fallbacks=fallbacks)
    return run


async def carry_out_in_time(
    pipeline: ContentPipeline, clock: ManualClock, run: Run, seconds: float = 600
) -> list[Event]:
    work = asyncio.create_task(carry_out(pipeline, run))
    await clock.advance(seconds)
    return await work


def asked(provider: ScriptedProvider) -> list[str]:
    return [request.model for request in provider.requests]


def messages(events: list[Event]) -> list[str]:
    told = [event.message for event in events if isinstance(event, Progressed) and event.stage is Stage.GENERATOR]
    return list(dict.fromkeys(told))


async def test_another_model_writes_when_the_tries_of_the_first_are_used_up() -> None:
    clock = ManualClock()
    provider = provide(*[BUSY] * TRIES, "Tea is hot.", clock=clock)
    events = await carry_out_in_time(make_pipeline(provider, clock), clock, make_run_with("other"))

    assert asked(provider) == ["scripted"] * TRIES + ["other"]
    assert messages(events) == [
        "Generating content using scripted...",
        "scripted is overloaded; trying again in 0.2 s",
        "scripted is overloaded; trying again in 0.5 s",
        "scripted is overloaded; trying again in 1.0 s",
        "scripted is overloaded; going on with other",
    ]
    assert events[-1] == DONE


async def test_every_call_says_which_model_it_goes_to() -> None:
    clock = ManualClock()
    provider = provide(*[BUSY] * TRIES, "Tea is hot.", clock=clock)
    events = await carry_out_in_time(make_pipeline(provider, clock), clock, make_run_with("other"))

    begun = [event.model for event in events if isinstance(event, Progressed) and event.model]
    used = [(event.model, event.failure) for event in events if isinstance(event, TokensUsed)]
    assert begun == asked(provider)
    assert used == [("scripted", "provider_overloaded")] * TRIES + [("other", None)]


async def test_the_text_of_one_model_is_never_glued_to_anothers() -> None:
    clock = ManualClock()
    provider = provide(*[write_and_cut("Tea was")] * TRIES, "Tea is hot.", clock=clock)
    events = await carry_out_in_time(make_pipeline(provider, clock), clock, make_run_with("other"))

    restarts = [event for event in events if isinstance(event, StageRestarted)]
    grown = [event for event in events if isinstance(event, TextGrew)]
    assert [restart.reason for restart in restarts] == ["provider_failed"] * TRIES
    assert [event.offset for event in grown[: TRIES + 1]] == [0] * (TRIES + 1)
    assert "scripted stopped before its text was whole; going on with other" in messages(events)
    assert events[-1] == DONE


async def test_metadata_tells_the_models_and_the_tries_of_each_call() -> None:
    clock = ManualClock()
    provider = provide(*[BUSY] * TRIES, "Tea is hot.", clock=clock)
    run = make_run_with("other")
    await carry_out_in_time(make_pipeline(provider, clock), clock, run)

    metadata = describe_run(RUN_ID, run.spec, run.history, now=NOW)
    assert metadata["model"] == {"asked": "scripted", "models": ["scripted", "other"], "used": ["scripted", "other"]}
    assert metadata["calls"] == [
        {
            "stage": "generator",
            "attempt": 1,
            "tries": TRIES + 1,
            "models": ["scripted", "other"],
            "failures": ["provider_overloaded"] * TRIES,
        }
    ]


async def test_each_text_begins_with_the_model_that_was_asked_for() -> None:
    clock = ManualClock()
    provider = provide(*[BUSY] * TRIES, "Tea.", "Tea is hot.", clock=clock)
    run = make_run_with("other", checks=({"check": "words", "min": 3},))
    await carry_out_in_time(make_pipeline(provider, clock), clock, run)

    assert asked(provider)[TRIES:] == ["other", "scripted"]


async def test_after_a_crash_the_tries_go_on_where_they_were() -> None:
    begun = Progressed(stage=Stage.GENERATOR, message="...", progress=30, attempt=1, model="scripted")
    failed = TokensUsed(
        stage=Stage.GENERATOR,
        attempt=1,
        model="scripted",
        input_tokens=0,
        output_tokens=0,
        estimated=True,
        failure="provider_overloaded",
    )
    going_on = evolve(begun, message="scripted is overloaded; going on with other", model="other")
    run = make_run_with("other", events=(begun, *[failed] * TRIES, going_on), restart_reason="worker_lost")
    provider = provide("Tea is hot.")
    events = await carry_out(make_pipeline(provider), run)

    assert asked(provider) == ["other"]
    assert isinstance(events[0], TokensUsed)
    assert (events[0].model, events[0].failure) == ("other", INTERRUPTED)
    assert events[-1] == DONE


async def test_a_crash_during_a_wait_leaves_no_call_to_account_for() -> None:
    begun = Progressed(stage=Stage.GENERATOR, message="...", progress=30, attempt=1, model="scripted")
    waiting = evolve(begun, message="scripted is overloaded; trying again in 3 s", retry_in_seconds=3.0, model=None)
    run = make_run_with(events=(begun, waiting), restart_reason="worker_lost")
    events = await carry_out(make_pipeline(provide("Tea is hot.")), run)

    assert types(events)[0] == "restarted"


async def fill(pipeline: ContentPipeline, clock: ManualClock, *fallbacks: str) -> None:
    """Open the breaker of the first model by runs whose calls all fail at once."""
    runs = [asyncio.create_task(carry_out(pipeline, make_run_with(*fallbacks))) for _ in range(FAILURES_TO_OPEN)]
    await clock.advance(0.01)
    for run in runs:
        run.cancel()
    await asyncio.wait(runs)


async def test_a_run_waits_in_line_where_everybody_can_see_it() -> None:
    clock = ManualClock()
    provider = provide(*[BUSY] * FAILURES_TO_OPEN, "Tea is hot.", clock=clock)
    pipeline = make_pipeline(provider, clock)
    await fill(pipeline, clock)
    events = await carry_out_in_time(pipeline, clock, make_run_with(), 10)

    waiting = next(event for event in events if isinstance(event, Progressed) and event.stage is Stage.GENERATOR)
    assert waiting.message == "scripted is overloaded; waiting for this run's turn"
    assert waiting.retry_in_seconds == pytest.approx(0.74)
    assert messages(events)[1] == "Generating content using scripted..."
    assert events[-1] == DONE


async def test_an_open_breaker_sends_the_run_to_the_next_model_at_once() -> None:
    clock = ManualClock()
    provider = provide(*[BUSY] * FAILURES_TO_OPEN, "Tea is hot.", clock=clock)
    pipeline = make_pipeline(provider, clock)
    await fill(pipeline, clock)
    events = await carry_out(pipeline, make_run_with("other"))

    assert asked(provider)[-1] == "other"
    assert messages(events) == ["scripted is overloaded; going on with other"]
    assert (events[-1], clock.monotonic()) == (DONE, 0.01)


async def test_a_long_outage_ends_a_run_as_worth_retrying() -> None:
    clock = ManualClock()
    slow = Script(pieces=(Pause(seconds=500),), failure=ProviderUnavailableError("Away."))
    provider = provide(*[BUSY] * FAILURES_TO_OPEN, slow, clock=clock)
    pipeline = make_pipeline(provider, clock, idle_seconds=900.0)
    await fill(pipeline, clock)
    await clock.advance(1)
    probe = asyncio.create_task(carry_out(pipeline, make_run_with()))
    await clock.advance(0.1)
    began = clock.monotonic()
    events = await carry_out_in_time(pipeline, clock, make_run_with(), PATIENCE_SECONDS)
    probe.cancel()
    await asyncio.wait({probe})

    assert clock.monotonic() - began == PATIENCE_SECONDS
    assert events[-1] == RunFailed(
        code="provider_overloaded",
        message="scripted is overloaded, and it is not known for how long. Run it again later.",
        retryable=True,
        stage=Stage.GENERATOR,
        metadata={"limit": None},
    )


async def test_a_run_without_time_for_the_line_ends_as_worth_retrying_at_once() -> None:
    clock = ManualClock()
    long = ProviderOverloadedError("Busy.", retry_after=60)
    provider = provide(*[long] * FAILURES_TO_OPEN, clock=clock)
    pipeline = make_pipeline(provider, clock)
    await fill(pipeline, clock)
    events = await carry_out(pipeline, make_run_with(limits=Limits(deadline_seconds=30.0)))

    assert isinstance(events[-1], RunFailed)
    assert (events[-1].code, events[-1].retryable, clock.monotonic()) == ("provider_overloaded", True, 0.01)
    assert events[-1].message == (
        "scripted is overloaded for 61 s more at least, which is longer than this run can wait. Run it again later."
    )
    # Nobody is told to wait for a turn that is known not to come.
    assert [event for event in events if isinstance(event, Progressed) and event.retry_in_seconds is not None] == []


async def test_two_models_that_are_overloaded_are_both_named() -> None:
    clock = ManualClock()
    long = ProviderOverloadedError("Busy.", retry_after=600)
    provider = provide(*[long] * (2 * FAILURES_TO_OPEN), clock=clock)
    pipeline = make_pipeline(provider, clock)
    await fill(pipeline, clock, "other")
    await fill(pipeline, clock, "other")
    events = await carry_out(pipeline, make_run_with("other"))

    assert isinstance(events[-1], RunFailed)
    assert events[-1].message.startswith("scripted and other are overloaded for ")
