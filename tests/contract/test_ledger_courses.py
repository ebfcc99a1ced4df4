"""Any course of things adds up: every engine's ledger against the simplest one that could be right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock import ManualClock
from adapters.stores.memory.store import MemoryStore
from adapters.stores.sqlite.store import SqliteStore
from domain.errors import DailyLimitError
from domain.run.model import Lease
from domain.run.spending import DailyLimits, DayUsage, Spending
from tests.contract.ledger import DAY, NOTHING, RUNS, reservation, spend
from tests.contract.store import OTHER_WORKER, OpenStore, Store, start_run

TOKENS = 200
NANODOLLARS = 1500
LIMITS = DailyLimits(tokens=TOKENS, cost_usd=NANODOLLARS / 1e9)

Step = tuple[str, str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("reserve", "settle", "settle_unknown", "move_on")),
        st.sampled_from(RUNS),
        st.integers(0, 3),
        st.integers(0, 120),
    ),
    max_size=25,
)


@define
class Course:
    """A ledger under test and what it ought to hold."""

    store: Store
    leases: dict[str, Lease]
    held: dict[tuple[str, int, int], Spending] = field(factory=dict)
    used: Spending = NOTHING

    async def take(self, step: Step) -> None:
        name, run_id, call, amount = step
        epoch, most = self.leases[run_id].epoch, spend(amount, amount * 9)
        match name:
            case "reserve":
                await self.reserve(run_id, epoch, call, most)
            case "move_on":
                await self.move_on(run_id)
            case _:
                await self.settle(run_id, epoch, call, most if name == "settle" else None)

    async def reserve(self, run_id: str, epoch: int, call: int, most: Spending) -> None:
        after = sum(self.held.values(), self.used) + most
        fits = after.tokens <= TOKENS and after.nanodollars <= NANODOLLARS
        try:
            await self.store.ledger.reserve(reservation(run_id, epoch=epoch, call=call, most=most), LIMITS)
        except DailyLimitError:
            assert not fits
        else:
            assert fits or (run_id, epoch, call) in self.held
            self.held.setdefault((run_id, epoch, call), most)

    async def settle(self, run_id: str, epoch: int, call: int, spent: Spending | None) -> None:
        await self.store.ledger.settle(run_id, epoch=epoch, call=call, spent=spent)
        done = sorted(key for key in self.held if key[0] == run_id and key[1:] <= (epoch, call))
        amounts = [self.held.pop(key) for key in done]
        if amounts and spent is not None:
            amounts[-1] = spent
        self.used = sum(amounts, self.used)

    async def move_on(self, run_id: str) -> None:
        await self.store.queue.release(self.leases[run_id])
        lease = await self.store.queue.claim(OTHER_WORKER, wait_seconds=0, run_id=run_id)
        assert lease is not None
        self.leases[run_id] = lease


async def check_course(open_store: OpenStore, steps: list[Step]) -> None:
    async with open_store(clock=ManualClock()) as store:
        course = Course(store, {run_id: await start_run(store, run_id) for run_id in RUNS})
        for step in steps:
            await course.take(step)

            reserved = sum(course.held.values(), NOTHING)
            assert await store.ledger.usage("ann", DAY) == DayUsage(used=course.used, reserved=reserved)


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
@settings(max_examples=50, deadline=None)
@given(steps=STEPS)
async def test_any_course_of_things_adds_up(engine: str, steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        await check_course(
            MemoryStore.open if engine == "memory" else partial(SqliteStore.open, Path(folder) / "galley.db"), steps
        )
