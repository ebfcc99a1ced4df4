"""What a run's calls cost its user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve

from adapters.clock import ManualClock, settle
from adapters.providers.scripted import ScriptedProvider, Stall
from adapters.stores.memory.store import MemoryStore
from domain.completion import PromptRequest
from domain.errors import AckLostError, DailyLimitError, StoreUnavailableError
from domain.pipeline.account import TRIES_TO_FIT, Account
from domain.pipeline.run import Run
from domain.pipeline.stages.generator import GeneratorStage
from domain.pipeline.stages.load_prompts import load_prompts
from domain.ports import Ledger
from domain.run.events import RunCompleted, RunFailed, TextGrew, TokensUsed
from domain.run.limits import Limits
from domain.run.model import Stage
from domain.run.price import Price, PriceList, PriceOrigin, Rates
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending
from domain.run.usage import Tokens
from tests.contract.store import make_run as make_stored_run
from tests.contract.store import start_run
from tests.domain.pipeline.kit import LONG_ENOUGH, carry_out, make_pipeline, make_run, provide, write
from tests.examples import GENERATING, RUN_ID

TODAY = date(2026, 1, 1)
PRICE = Price(rates=Rates(input=1000, output=2000, cache_read=0, cache_write=0), origin=PriceOrigin(source="list"))
PRICES = PriceList(prices={"*": PRICE})
TEA = write("Tea is hot.", tokens=Tokens(input=40, output=10))
SHORT_TEA = write("Tea.", tokens=Tokens(input=40, output=10))


class CountingProvider(ScriptedProvider):
    """A scripted provider that can count."""

    counted = 0

    async def count_input(self, request: PromptRequest) -> int | None:
        self.counted += 1
        return 40


@asynccontextmanager
async def running(**changes: Any) -> AsyncIterator[tuple[MemoryStore, Run]]:
    """Have Ann's run be running in a store."""
    async with MemoryStore.open(clock=ManualClock()) as store:
        await start_run(store, RUN_ID)
        run = make_run(**changes)
        run.owner, run.epoch = "ann", 1
        yield store, run


async def used(store: MemoryStore) -> DayUsage:
    return await store.ledger.usage("ann", TODAY)


def spent(tokens: int, nanodollars: int = 0) -> DayUsage:
    return DayUsage(used=Spending(tokens=tokens, nanodollars=nanodollars), reserved=Spending())


async def test_a_call_is_settled_with_what_it_used() -> None:
    async with running() as (store, run):
        await carry_out(make_pipeline(provide(TEA), ledger=store.ledger, prices=PRICES), run)

        assert await used(store) == spent(50, 40 * 1_000_000 + 10 * 2_000_000)


async def test_while_a_call_is_under_way_the_most_that_it_can_use_is_reserved() -> None:
    async with running(limits=Limits(output_tokens=100)) as (store, run):
        stream = make_pipeline(provide(write("Tea ", Stall())), ledger=store.ledger).run_stream(run)
        while not any(isinstance(event, TextGrew) for event in await anext(stream)):
            pass
        held = (await used(store)).reserved

        await stream.aclose()

        assert held.tokens > 1100
        assert run.cut_call is not None
        assert await used(store) == spent(run.cut_call.input_tokens + run.cut_call.output_tokens)


async def test_an_answer_gets_as_short_as_the_day_is() -> None:
    provider = CountingProvider([TEA], clock=ManualClock())
    async with running() as (store, run):
        around = {"ledger": store.ledger, "daily_limits": DailyLimits(tokens=70)}
        await carry_out(make_pipeline(provider, **around), run)

        assert [request.max_output_tokens for request in provider.requests] == [30]
        assert provider.counted == 1
        assert await used(store) == spent(50)


async def test_input_is_not_counted_where_there_is_enough_of_everything() -> None:
    provider = CountingProvider([TEA], clock=ManualClock())
    async with running() as (store, run):
        await carry_out(make_pipeline(provider, ledger=store.ledger, daily_limits=DailyLimits(tokens=100_000)), run)

        assert provider.counted == 0


async def test_a_run_on_a_day_that_is_used_up_ends_at_that_limit() -> None:
    provider = provide()
    async with running() as (store, run):
        around = {"ledger": store.ledger, "daily_limits": DailyLimits(cost_usd=0.001), "prices": PRICES}
        events = await carry_out(make_pipeline(provider, **around), run)

        end = events[-1]
        assert isinstance(end, RunFailed)
        assert (end.code, end.retryable, end.metadata) == ("limit_reached", False, {"limit": "user_usd_per_day"})
        assert (
            end.message
            == "The user's limit of money for today is used up before there was a text; run it again tomorrow."
        )
        assert (provider.requests, await used(store)) == ([], spent(0))


async def test_a_day_that_ends_in_mid_run_leaves_the_best_text() -> None:
    provider = CountingProvider([SHORT_TEA], clock=ManualClock())
    async with running(checks=LONG_ENOUGH) as (store, run):
        around = {"ledger": store.ledger, "daily_limits": DailyLimits(tokens=85)}
        events = await carry_out(make_pipeline(provider, **around), run)

        assert events[-1] == RunCompleted(success=False, output="Tea.", metadata={"limit": "user_tokens_per_day"})
        assert await used(store) == spent(50)


async def test_a_model_whose_price_nobody_knows_is_never_called() -> None:
    provider = provide()
    events = await carry_out(make_pipeline(provider, prices=PriceList()), make_run())

    assert (events[-1].type, provider.requests) == ("error", [])


async def test_a_deadline_that_is_met_is_met_before_anything_is_reserved() -> None:
    async with running(limits=Limits(deadline_seconds=5)) as (store, run):
        clock = ManualClock()
        await clock.advance(6)
        events = await carry_out(make_pipeline(provide(), clock, ledger=store.ledger), run)

        assert isinstance(events[-1], RunFailed)
        assert events[-1].metadata == {"limit": "deadline_seconds"}
        assert await used(store) == spent(0)


async def test_a_deadline_that_came_while_a_call_waited_its_turn_reserves_nothing() -> None:
    async with running(limits=Limits(deadline_seconds=5)) as (store, run):
        clock, provider = ManualClock(), CountingProvider([], clock=ManualClock())
        await clock.advance(6)
        request = GeneratorStage(run=run, prompts=load_prompts(run)).request(max_output_tokens=9)
        budget = await Account(run, make_pipeline(provider, clock, ledger=store.ledger).around).open(request)

        assert (budget.met, provider.counted, await used(store)) == ("deadline_seconds", 0, spent(0))


class CorrectedClock(ManualClock):
    """A clock that somebody sets to another time."""

    off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_is_wrong_moves_no_deadline_of_a_run_whose_age_the_store_tells(days: int) -> None:
    async with running(limits=Limits(deadline_seconds=5)) as (_, run):
        clock = CorrectedClock()
        clock.off = timedelta(days=days)
        run.age_seconds = 3.0
        request = GeneratorStage(run=run, prompts=load_prompts(run)).request(max_output_tokens=9)
        account = Account(run, make_pipeline(provide(), clock).around)

        seconds = []
        for _ in range(2):
            seconds.append((await account.open(request)).seconds)
            await clock.advance(1)

        assert seconds == [2.0, 1.0]


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_is_set_while_a_run_is_carried_out_moves_no_deadline(days: int) -> None:
    async with running(limits=Limits(deadline_seconds=5)) as (_, run):
        clock = CorrectedClock()
        request = GeneratorStage(run=run, prompts=load_prompts(run)).request(max_output_tokens=9)
        account = Account(run, make_pipeline(provide(), clock).around)
        clock.off = timedelta(days=days)

        seconds = []
        for _ in range(2):
            seconds.append((await account.open(request)).seconds)
            await clock.advance(2)

        assert seconds == [5, 3]


async def test_what_a_lost_worker_reserved_is_settled_with_what_its_call_is_thought_to_have_used() -> None:
    grown = TextGrew(stage=Stage.GENERATOR, attempt=1, text="Tea is", offset=0)
    async with running() as (store, _):
        most = Spending(tokens=5000, nanodollars=7)
        held = Reservation(user_id="ann", day=TODAY, run_id=RUN_ID, epoch=1, call=1, most=most)
        await store.ledger.reserve(held, DailyLimits())
        lease = await store.queue.claim("worker-a", wait_seconds=0, run_id=RUN_ID)
        assert lease is None
        run = make_run(GENERATING, grown, restart_reason="worker_lost")
        run.owner, run.epoch = "ann", 2
        events = await carry_out(make_pipeline(provide(TEA), ledger=Fenceless(store.ledger)), run)

        lost = next(event for event in events if isinstance(event, TokensUsed) and event.estimated)
        assert lost.output_tokens == 2
        assert await used(store) == spent(lost.input_tokens + lost.output_tokens)


@define
class Fenceless:
    """A ledger whose run is somebody else's by now: nothing new is reserved, what was reserved is settled."""

    inner: Ledger

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        pass

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        if call == 0:
            await self.inner.settle(run_id, epoch=epoch, call=call, spent=spent)

    async def usage(self, user_id: str, day: date) -> DayUsage:
        return await self.inner.usage(user_id, day)


HELD = Reservation(user_id="ann", day=TODAY, run_id=RUN_ID, epoch=1, call=1, most=Spending(tokens=500))


async def test_a_run_that_is_given_up_counts_what_was_reserved_in_full_where_its_log_knows_of_no_call() -> None:
    async with running() as (store, run):
        await store.ledger.reserve(HELD, DailyLimits())

        assert await make_pipeline(provide(), ledger=store.ledger).give_up(evolve(run, epoch=2)) == ()
        assert await used(store) == spent(500)


async def test_a_run_that_is_given_up_counts_what_its_open_call_is_thought_to_have_used() -> None:
    grown = TextGrew(stage=Stage.GENERATOR, attempt=1, text="Tea is", offset=0)
    async with running() as (store, _):
        await store.ledger.reserve(HELD, DailyLimits())
        run = evolve(make_run(GENERATING, grown), owner="ann", epoch=2)

        [lost] = await make_pipeline(provide(), ledger=store.ledger).give_up(run)

        assert (lost.output_tokens, lost.estimated, lost.failure) == (2, True, "interrupted")
        assert await used(store) == spent(lost.input_tokens + lost.output_tokens)


async def test_what_nobody_can_find_out_is_written_off_in_full() -> None:
    async with running() as (store, _):
        await store.ledger.reserve(HELD, DailyLimits())

        await make_pipeline(provide(), ledger=store.ledger).write_off(RUN_ID, epoch=2)

        assert await used(store) == spent(500)


@define
class Stubborn:
    """A ledger that refuses everything while it says that there is plenty."""

    asked: int = 0

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        self.asked += 1
        raise DailyLimitError("No.", limit="user_tokens_per_day", tokens_left=10**9, nanodollars_left=None)

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        pass

    async def usage(self, user_id: str, day: date) -> DayUsage:
        return spent(0)


async def test_a_call_that_is_refused_again_and_again_gives_up() -> None:
    ledger = Stubborn()
    events = await carry_out(make_pipeline(provide(), ledger=ledger), make_run())

    assert isinstance(events[-1], RunFailed)
    assert events[-1].metadata == {"limit": "user_tokens_per_day"}
    assert ledger.asked == 1 + TRIES_TO_FIT


@define
class Flaky:
    """A ledger that fails once in each way before it does anything."""

    inner: Ledger
    failures: list[Exception]

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        await self.inner.reserve(reservation, limits)
        self.fail()

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        await self.inner.settle(run_id, epoch=epoch, call=call, spent=spent)
        self.fail()

    async def usage(self, user_id: str, day: date) -> DayUsage:
        return await self.inner.usage(user_id, day)

    def fail(self) -> None:
        if self.failures:
            raise self.failures.pop()


async def test_a_store_that_fails_is_asked_again_and_nothing_counts_twice() -> None:
    clock = ManualClock()
    async with running() as (store, run):
        ledger = Flaky(store.ledger, [StoreUnavailableError("Full."), AckLostError("Lost."), AckLostError("Lost.")])
        carrying = asyncio.create_task(carry_out(make_pipeline(provide(TEA), clock, ledger=ledger), run))
        await clock.advance(5)
        await settle()
        await carrying

        assert await used(store) == spent(50)


@pytest.mark.parametrize("limit", [2_000, 20_000])
async def test_two_hundred_runs_at_once_with_a_crash_among_them_stay_within_the_day(limit: int) -> None:
    """Half of the runs lose their worker in mid-call; whoever claims them settles. S41."""
    async with MemoryStore.open(clock=ManualClock()) as store:
        around = {"ledger": store.ledger, "daily_limits": DailyLimits(tokens=limit)}
        runs = [await begin(store, f"run-{n}") for n in range(200)]
        await asyncio.gather(*(carry_out_or_crash(run, number % 2 == 0, around) for number, run in enumerate(runs)))
        usage = await used(store)

        assert usage.reserved == Spending()
        assert 0 < usage.used.tokens <= limit


async def begin(store: MemoryStore, run_id: str) -> Run:
    await store.runs.create(make_stored_run(run_id))
    lease = await store.queue.claim("worker", wait_seconds=0, run_id=run_id)
    assert lease is not None
    return evolve(make_run(limits=Limits(output_tokens=100)), id=run_id, owner="ann", epoch=lease.epoch)


async def carry_out_or_crash(run: Run, crashes: bool, around: dict[str, Any]) -> None:
    if not crashes:
        await carry_out(make_pipeline(CountingProvider([TEA], clock=ManualClock()), **around), run)
        return
    held = Reservation(user_id="ann", day=TODAY, run_id=run.id, epoch=1, call=1, most=Spending(tokens=140))
    with suppress(DailyLimitError):
        await around["ledger"].reserve(held, around["daily_limits"])
    await make_pipeline(provide(), **around).give_up(evolve(run, epoch=2))
