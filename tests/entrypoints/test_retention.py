"""How long runs stay that have ended."""

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.clock import ManualClock
from adapters.providers.scripted import ScriptedProvider
from adapters.stores.memory.store import MemoryStore
from domain.admission import admit
from domain.ports import Provider
from domain.run.model import RunQuery, RunStatus
from entrypoints.bootstrap import open_core
from entrypoints.settings import Settings
from tests.entrypoints.bootstrapped import REQUEST


async def count_runs(days: float, *, age: timedelta, settings: Settings) -> int:
    """Return how many runs are left of one that ended so long ago."""
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    provider: Provider = ScriptedProvider(["Tea is hot."], clock=clock)
    async with open_core(evolve(settings, retention_days=days), provider=provider, clock=clock, store=store) as core:
        version = await store.prompts.find("note")
        await store.runs.create(admit(REQUEST, version, core.rules, owner="ann", run_id="r1", now=clock.now()))
        await clock.advance(10)
        assert (await store.runs.get("r1"))[0].status is RunStatus.COMPLETE
        await clock.advance(age.total_seconds())
    return len((await store.runs.list(RunQuery())).runs)


@pytest.mark.parametrize(
    ("days", "age", "left"),
    [(1.0, timedelta(hours=23), 1), (1.0, timedelta(hours=26), 0), (0.0, timedelta(hours=26), 1)],
)
async def test_runs_go_when_their_retention_is_over(settings: Settings, days: float, age: timedelta, left: int) -> None:
    assert await count_runs(days, age=age, settings=settings) == left
