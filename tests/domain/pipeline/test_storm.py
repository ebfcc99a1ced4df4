"""A hundred runs while their model is overloaded for twenty seconds (F44)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable

import pytest
from attrs import define, evolve, field

from adapters.clock import ManualClock
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta
from domain.errors import ProviderOverloadedError
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.retry import PATIENCE_SECONDS, TRIES
from domain.pipeline.surroundings import Surroundings
from domain.run.events import Event, Progressed, RunCompleted, RunFailed, TokensUsed
from domain.run.model import Stage
from tests.domain.pipeline.kit import carry_out, compute_here, make_run

RUNS = 100
STORM_SECONDS = 20.0
WRITING_SECONDS = 2.0


@define
class StormyProvider:
    """Overloaded until the storm is over; `calls` are the times and runs of all calls."""

    clock: ManualClock
    until: float
    retry_after: float | None = None
    calls: list[tuple[float, str]] = field(factory=list)

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        self.calls.append((self.clock.monotonic(), request.inputs["topic"]))
        if self.clock.monotonic() < self.until:
            raise ProviderOverloadedError("The model is overloaded.", retry_after=self.retry_after)
        yield TextDelta(text="Tea ")
        await self.clock.sleep(WRITING_SECONDS)
        yield TextDelta(text="is hot.")
        yield Completion(model=request.model, stop_reason="end", tokens=None)

    async def count_input(self, _: PromptRequest) -> int | None:
        return None

    async def list_models(self) -> tuple[Model, ...]:
        return ()


async def weather(provider: StormyProvider, clock: ManualClock, chance: Callable[[], float]) -> dict[str, list[Event]]:
    """Carry out all runs at once and return their events."""
    pipeline = ContentPipeline(Surroundings(provider=provider, clock=clock, chance=chance, offload=compute_here))
    names = [f"run {number}" for number in range(RUNS)]
    runs = [make_run() for _ in names]
    for name, run in zip(names, runs, strict=True):
        run.spec = evolve(run.spec, request=evolve(run.spec.request, inputs={"topic": name}))
    tasks = [asyncio.create_task(carry_out(pipeline, run)) for run in runs]
    await clock.advance(1000)
    return dict(zip(names, [await task for task in tasks], strict=True))


@pytest.mark.parametrize("retry_after", [None, 5.0])
async def test_a_storm_of_20_seconds_costs_one_wave_and_a_few_probes(retry_after: float | None) -> None:
    clock = ManualClock()
    provider = StormyProvider(clock, STORM_SECONDS, retry_after)
    runs = await weather(provider, clock, random.Random(1).random)

    in_storm = [time for time, _ in provider.calls if time < STORM_SECONDS]
    probes = [time for time in in_storm if time > 0]
    assert in_storm.count(0.0) == RUNS
    assert len(probes) <= 6
    assert len(provider.calls) <= RUNS + 6 + RUNS
    assert [events[-1] for events in runs.values() if not isinstance(events[-1], RunCompleted)] == []


async def test_after_the_storm_runs_are_served_in_the_order_in_which_they_came() -> None:
    clock = ManualClock()
    provider = StormyProvider(clock, STORM_SECONDS)
    await weather(provider, clock, lambda: 0.5)

    probed = [name for time, name in provider.calls if 0 < time < STORM_SECONDS]
    served = [name for time, name in provider.calls if time >= STORM_SECONDS]
    in_order = [f"run {number}" for number in range(RUNS)]
    # Who probed in vain had its turn, and stands at the end.
    assert probed == in_order[: len(probed)]
    assert served == in_order[len(probed) :] + probed


async def test_every_try_and_every_wait_is_visible() -> None:
    clock = ManualClock()
    provider = StormyProvider(clock, STORM_SECONDS)
    runs = await weather(provider, clock, random.Random(2).random)

    calls = Counter(name for _, name in provider.calls)
    for name, events in runs.items():
        told = [event for event in events if isinstance(event, Progressed) and event.stage is Stage.GENERATOR]
        failed = [event for event in events if isinstance(event, TokensUsed) and event.failure]
        assert len([event for event in told if event.model]) == calls[name] == len(failed) + 1
        assert len([event for event in told if event.retry_in_seconds is not None]) >= len(failed)


async def test_an_outage_without_an_end_ends_every_run_as_worth_retrying() -> None:
    clock = ManualClock()
    provider = StormyProvider(clock, until=float("inf"))
    runs = await weather(provider, clock, random.Random(3).random)

    ends = [events[-1] for events in runs.values()]
    assert {(end.code, end.retryable) for end in ends if isinstance(end, RunFailed)} == {("provider_overloaded", True)}
    assert len([end for end in ends if isinstance(end, RunFailed)]) == RUNS
    assert max(Counter(name for _, name in provider.calls).values()) <= TRIES
    assert len(provider.calls) <= RUNS + 14
    assert max(time for time, _ in provider.calls) <= PATIENCE_SECONDS + 2
