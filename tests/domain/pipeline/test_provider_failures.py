"""What a run does when its provider fails."""

from __future__ import annotations

import asyncio

from adapters.clock import ManualClock
from adapters.providers.scripted import Pause, ScriptedProvider, Stall
from domain.errors import ProviderCutError, ProviderOverloadedError, ProviderRefusedError
from domain.pipeline.retry import TRIES
from domain.run.events import (
    Event,
    Progressed,
    RunCompleted,
    RunFailed,
    SeqRange,
    StageRestarted,
    TextGrew,
    TokensUsed,
)
from domain.run.limits import Limits
from domain.run.model import Stage
from domain.run.usage import Tokens
from tests.domain.pipeline.kit import (
    LONG_ENOUGH,
    carry_out,
    make_pipeline,
    make_run,
    provide,
    text_of,
    write,
    write_and_cut,
)

DONE = RunCompleted(success=True, output="Tea is hot.", metadata={"limit": None})


async def run_with(provider: ScriptedProvider, clock: ManualClock, limits: Limits | None = None) -> list[Event]:
    work = asyncio.create_task(carry_out(make_pipeline(provider, clock), make_run(checks=LONG_ENOUGH, limits=limits)))
    await clock.advance(600)
    return await work


async def test_an_overloaded_provider_is_tried_again_when_it_asks_for_it() -> None:
    clock = ManualClock()
    provider = provide(ProviderOverloadedError("The model is overloaded.", retry_after=3), "Tea is hot.", clock=clock)
    events = await run_with(provider, clock)

    notice = next(event for event in events if isinstance(event, Progressed) and event.retry_in_seconds)
    assert notice.message == "scripted is overloaded; trying again in 3.2 s"
    assert events[-1] == DONE
    assert not [event for event in events if isinstance(event, StageRestarted)]


async def test_a_failed_call_is_accounted_for() -> None:
    clock = ManualClock()
    provider = provide(ProviderOverloadedError("Busy."), "Tea is hot.", clock=clock)
    events = await run_with(provider, clock)

    used = [event for event in events if isinstance(event, TokensUsed)]
    assert [(event.output_tokens > 0, event.estimated) for event in used] == [(False, True), (True, True)]


async def test_a_text_that_had_begun_is_taken_back_and_never_glued() -> None:
    clock = ManualClock()
    provider = provide(write_and_cut("Tea was"), "Tea is hot.", clock=clock)
    events = await run_with(provider, clock)

    restart = next(event for event in events if isinstance(event, StageRestarted))
    assert (restart.stage, restart.reason) == (Stage.GENERATOR, "provider_failed")
    after = [event for event in events[events.index(restart) :] if isinstance(event, TextGrew)]
    assert after[0].offset == 0
    assert events[-1] == DONE


async def test_a_provider_that_keeps_failing_ends_the_run_as_worth_retrying() -> None:
    clock = ManualClock()
    provider = provide(*[ProviderCutError("Cut.")] * TRIES, clock=clock)
    events = await run_with(provider, clock)

    assert len(provider.requests) == TRIES
    assert events[-1] == RunFailed(
        code="provider_cut",
        message="Cut. Run it again later.",
        retryable=True,
        stage=Stage.GENERATOR,
        metadata={"limit": None},
    )


async def test_a_refused_request_is_asked_once() -> None:
    clock = ManualClock()
    provider = provide(ProviderRefusedError("The model refused."), clock=clock)
    events = await run_with(provider, clock)

    assert isinstance(events[-1], RunFailed)
    assert (events[-1].code, events[-1].retryable, len(provider.requests)) == ("provider_refused", False, 1)


async def test_a_failed_repair_ends_in_an_error_with_the_best_text() -> None:
    clock = ManualClock()
    provider = provide("Tea.", ProviderRefusedError("The model refused."), clock=clock)
    events = await run_with(provider, clock)

    assert isinstance(events[-1], RunFailed)
    assert events[-1].draft == "Tea."


async def test_a_wait_beyond_the_deadline_is_not_waited() -> None:
    clock = ManualClock()
    provider = provide(ProviderOverloadedError("Busy.", retry_after=60), clock=clock)
    events = await run_with(provider, clock, Limits(deadline_seconds=50))

    assert isinstance(events[-1], RunFailed)
    assert (events[-1].code, events[-1].retryable) == ("provider_overloaded", True)
    assert "It asks to wait for 60 s, which is more than the 50 s that this run has left" in events[-1].message


async def test_the_deadline_ends_a_call_without_a_text_in_an_error() -> None:
    clock = ManualClock()
    provider = provide(write("Tea is", Pause(seconds=20), "hot."), clock=clock)
    events = await run_with(provider, clock, Limits(deadline_seconds=10))

    end = events[-1]
    assert isinstance(end, RunFailed)
    assert (end.code, end.metadata["limit"], end.draft) == ("limit_reached", "deadline_seconds", "Tea is")
    assert len(provider.closed_early) == 1


async def test_the_deadline_ends_a_repair_with_the_best_text() -> None:
    clock = ManualClock()
    provider = provide("Tea.", write(Stall()), clock=clock)
    events = await run_with(provider, clock, Limits(deadline_seconds=10))

    assert events[-1] == RunCompleted(success=False, output="Tea.", metadata={"limit": "deadline_seconds"})


async def test_tokens_that_are_used_up_end_the_run_before_the_next_call() -> None:
    clock = ManualClock()
    provider = provide(write("Tea.", tokens=Tokens(input=900, output=50)), "Tea is hot.", clock=clock)
    events = await run_with(provider, clock, Limits(total_tokens=1000))

    assert events[-1] == RunCompleted(success=False, output="Tea.", metadata={"limit": "total_tokens"})
    assert len(provider.requests) == 1


async def test_a_deadline_that_passed_in_the_queue_costs_nothing() -> None:
    clock = ManualClock()
    await clock.advance(11)
    provider = provide(clock=clock)
    events = await run_with(provider, clock, Limits(deadline_seconds=10))

    assert isinstance(events[-1], RunFailed)
    assert (events[-1].code, provider.requests) == ("limit_reached", [])


async def test_a_silent_provider_is_given_up_and_tried_again() -> None:
    clock = ManualClock()
    provider = provide(write("Tea was", Stall()), "Tea is hot.", clock=clock)
    events = await run_with(provider, clock)

    assert events[-1] == DONE
    assert text_of(events) == "Tea wasTea is hot."
    assert provider.open_streams == 0


async def test_a_restart_within_a_run_names_no_seqs_of_its_own() -> None:
    clock = ManualClock()
    provider = provide(write_and_cut("Tea was"), "Tea is hot.", clock=clock)
    events = await run_with(provider, clock)

    restart = next(event for event in events if isinstance(event, StageRestarted))
    assert restart.supersedes == SeqRange(from_seq=0, to_seq=0)
