"""A text that has passed every check, and whose judge can't be asked, is the output all the same."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from attrs import define

from adapters.clock import ManualClock
from adapters.providers.scripted import Stall
from domain.content.judgement import Judgement
from domain.errors import (
    DailyLimitError,
    ProviderOverloadedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from domain.pipeline.breaker import FAILURES_TO_OPEN
from domain.pipeline.line import Line
from domain.pipeline.retry import TRIES
from domain.run.events import DraftWritten, Event, Progressed, RunCompleted, TextFormatted, TextJudged, TokensUsed
from domain.run.limits import Limits
from domain.run.metadata import describe_run
from domain.run.model import Stage
from domain.run.price import FREE, Price, PriceList, PriceOrigin, Rates
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending
from tests.domain.pipeline.kit import LONG_ENOUGH, carry_out, make_pipeline, make_run, provide, write
from tests.examples import NOW

TEXT = "Tea is hot."
PASSED = RunCompleted(success=True, output=TEXT, metadata={"limit": None})
RATES = Rates(input=1000, output=1000, cache_read=0, cache_write=0)
PRICES = PriceList(prices={"*": Price(rates=RATES, origin=PriceOrigin(source="list"))})
USED = TokensUsed(stage=Stage.GENERATOR, attempt=1, model="scripted", input_tokens=900, output_tokens=9, cost_usd=0.9)
WRITTEN: tuple[Event, ...] = (
    Progressed(stage=Stage.GENERATOR, message="Generating", progress=30, attempt=1),
    USED,
    DraftWritten(message="Initial draft generated", draft=TEXT),
    TextFormatted(stage=Stage.FORMATTER, attempt=1, text=TEXT, format="markdown"),
)


def judge_run(*events: Event, **changes: Any) -> Any:
    return make_run(*events, **({"checks": LONG_ENOUGH, "judge": {"rubric": "It says how hot tea is."}} | changes))


def unjudged(reason: str, *, attempt: int = 1) -> TextJudged:
    note = f"The text was not judged by the rubric: {reason}"
    return TextJudged(attempt=attempt, passed=True, judge=Judgement(threshold=4, note=note))


def last_judgement(events: list[Event]) -> TextJudged:
    return [event for event in events if isinstance(event, TextJudged)][-1]


async def test_a_judge_that_is_refused_lets_the_text_pass_and_says_why() -> None:
    run = judge_run()
    events = await carry_out(make_pipeline(provide(TEXT, ProviderRefusedError("No such model."))), run)

    assert [event.type for event in events[-4:]] == ["usage", "findings", "progress", "complete"]
    assert (last_judgement(events), events[-1]) == (unjudged("No such model."), PASSED)
    described = describe_run(run.id, run.spec, run.history, now=NOW)
    assert described["attempts"][0]["judge"]["note"] == "The text was not judged by the rubric: No such model."
    assert described["calls"][1]["failures"] == ["provider_refused"]


async def test_a_judge_that_is_away_is_asked_again_before_the_text_passes_without_it() -> None:
    clock = ManualClock()
    provider = provide(TEXT, *[ProviderUnavailableError("The model is away.")] * TRIES, clock=clock)
    work = asyncio.create_task(carry_out(make_pipeline(provider, clock), judge_run()))
    await clock.advance(60)
    events = await work

    assert (last_judgement(events), events[-1]) == (unjudged("The model is away."), PASSED)
    assert len(provider.requests) == 1 + TRIES


async def test_a_judge_whose_breaker_stays_open_lets_the_text_pass() -> None:
    clock = ManualClock()
    pipeline = make_pipeline(provide(clock=clock), clock)
    open_breaker(pipeline.around.line, seconds=3600)
    events = await carry_out(pipeline, judge_run(*WRITTEN))

    said = "scripted is overloaded for 301 s more at least, which is longer than this run can wait."
    assert (last_judgement(events), events[-1]) == (unjudged(said), PASSED)


async def test_a_repaired_text_that_can_not_be_judged_is_the_output_and_not_an_older_one() -> None:
    events = await carry_out(make_pipeline(provide("Tea.", TEXT, ProviderRefusedError("No."))), judge_run())

    assert (last_judgement(events), events[-1]) == (unjudged("No.", attempt=2), PASSED)


async def test_a_deadline_that_comes_while_a_text_is_judged_lets_it_pass() -> None:
    clock = ManualClock()
    provider = provide("Tea.", TEXT, write(Stall()), clock=clock)
    run = judge_run(limits=Limits(deadline_seconds=20))
    work = asyncio.create_task(carry_out(make_pipeline(provider, clock), run))
    await clock.advance(21)
    events = await work

    said = "The run's limit of time is used up."
    assert (last_judgement(events), events[-1]) == (unjudged(said, attempt=2), PASSED)
    assert (provider.open_streams, len(run.history.usages)) == (0, 3)


@pytest.mark.parametrize(
    ("limits", "prices", "limit"),
    [
        (Limits(deadline_seconds=5), FREE, "time"),
        (Limits(total_tokens=1000), FREE, "tokens"),
        (Limits(cost_usd=1), PRICES, "money"),
    ],
    ids=["time", "tokens", "money"],
)
async def test_a_limit_that_is_met_before_a_text_is_judged_lets_it_pass(
    limits: Limits, prices: PriceList, limit: str
) -> None:
    clock = ManualClock()
    await clock.advance(6)
    provider = provide()
    events = await carry_out(make_pipeline(provider, clock, prices=prices), judge_run(*WRITTEN, limits=limits))

    assert (last_judgement(events), events[-1]) == (unjudged(f"The run's limit of {limit} is used up."), PASSED)
    assert provider.requests == []


async def test_a_day_that_is_used_up_before_a_text_is_judged_lets_it_pass() -> None:
    events = await carry_out(make_pipeline(provide(TEXT), ledger=LedgerOfOneCall()), judge_run())

    assert (last_judgement(events), events[-1]) == (
        unjudged("The user's limit of tokens for today is used up."),
        PASSED,
    )


async def test_a_text_that_is_too_large_for_the_judges_prompt_passes() -> None:
    prompts = {"generator": {"user": "Write about {{ topic }}."}, "judge": {"user": "{{ text }}" * 20}}
    events = await carry_out(make_pipeline(provide("Tea is hot. " * 1200)), judge_run(prompts=prompts))

    assert last_judgement(events) == unjudged("The prompt renders to more than 256 kB; give shorter inputs.")
    assert isinstance(events[-1], RunCompleted)


async def test_a_run_that_lost_its_worker_behind_such_a_note_ends_with_the_text() -> None:
    run = judge_run(*WRITTEN, unjudged("No such model."), restart_reason="worker_lost")
    events = await carry_out(make_pipeline(provide()), run)

    assert [event.type for event in events] == ["restarted", "progress", "complete"]
    assert events[-1] == PASSED


@define
class LedgerOfOneCall:
    """The ledger of a user whose day has room for one call."""

    calls: int = 0

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        self.calls += 1
        if self.calls > 1:
            raise DailyLimitError("No.", limit="user_tokens_per_day", tokens_left=0, nanodollars_left=None)

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        pass

    async def usage(self, user_id: str, day: date) -> DayUsage:
        return DayUsage(used=Spending(), reserved=Spending())


def open_breaker(line: Line, *, seconds: float) -> None:
    with line.join(["scripted"]) as turn:
        for _ in range(FAILURES_TO_OPEN):
            line.fail(turn, ProviderOverloadedError("Busy.", retry_after=seconds))
