"""The laws of `Ledger`."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from domain.errors import DailyLimitError, FencedError
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending
from tests.contract.store import (
    COMPLETE,
    OTHER_WORKER,
    Store,
    StoreContract,
    make_record,
    start_run,
)
from tests.effort import effort

DAY = date(2026, 1, 1)
NEXT_DAY = date(2026, 1, 2)
NOTHING = Spending()
NO_LIMITS = DailyLimits()
RUNS = ("run-1", "run-2", "run-3")
RACING_CALLS = effort(20, 8400)
"""Of each of six runs; a reservation and what settles it make 100,000 steps of 8,400."""


def spend(tokens: int, nanodollars: int = 0) -> Spending:
    """Return an amount."""
    return Spending(tokens=tokens, nanodollars=nanodollars)


def reservation(run_id: str = "run-1", **changes: Any) -> Reservation:
    """Return what Ann's first call reserves: 100 tokens for 1,000 billionths of a dollar."""
    given: dict[str, Any] = {"user_id": "ann", "day": DAY, "epoch": 1, "call": 1, "most": spend(100, 1000)}
    return Reservation(run_id=run_id, **given | changes)


class LedgerContract(StoreContract):
    async def test_nobody_has_used_anything_at_first(self, store: Store) -> None:
        assert await store.ledger.usage("ann", DAY) == DayUsage(used=NOTHING, reserved=NOTHING)

    async def test_what_is_reserved_is_told_apart_from_what_is_used(self, store: Store) -> None:
        await start_run(store)

        await store.ledger.reserve(reservation(), NO_LIMITS)

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=NOTHING, reserved=spend(100, 1000))

    async def test_a_settled_call_has_used_what_it_used(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(), NO_LIMITS)

        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(30, 300))

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=spend(30, 300), reserved=NOTHING)

    async def test_a_call_may_have_used_more_than_it_reserved(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(), NO_LIMITS)

        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(130, 1300))

        assert (await store.ledger.usage("ann", DAY)).used == spend(130, 1300)

    async def test_a_call_of_which_nothing_is_known_has_used_what_it_reserved(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(), NO_LIMITS)

        await store.ledger.settle("run-1", epoch=1, call=1)

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=spend(100, 1000), reserved=NOTHING)

    async def test_a_call_that_costs_nothing_is_reserved_and_settled_as_any_other(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(most=spend(100, 0)), DailyLimits(cost_usd=0))

        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(0, 0))

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=NOTHING, reserved=NOTHING)

    async def test_the_same_reservation_again_changes_nothing(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(), DailyLimits(tokens=100))

        await store.ledger.reserve(reservation(), DailyLimits(tokens=100))

        assert (await store.ledger.usage("ann", DAY)).reserved == spend(100, 1000)

    async def test_a_call_is_settled_once(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(), NO_LIMITS)
        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(30))

        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(40))

        assert (await store.ledger.usage("ann", DAY)).used == spend(30)

    async def test_what_was_never_reserved_is_not_settled(self, store: Store) -> None:
        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(30))

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=NOTHING, reserved=NOTHING)

    async def test_a_day_is_used_up_to_its_limit_and_no_further(self, store: Store) -> None:
        for run_id in RUNS:
            await start_run(store, run_id)
        limits = DailyLimits(tokens=250, cost_usd=1.0)
        await store.ledger.reserve(reservation("run-1"), limits)
        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(60, 600))
        await store.ledger.reserve(reservation("run-2"), limits)

        with pytest.raises(DailyLimitError) as caught:
            await store.ledger.reserve(reservation("run-3"), limits)

        assert (caught.value.limit, caught.value.tokens_left) == ("user_tokens_per_day", 90)
        assert caught.value.nanodollars_left == 1_000_000_000 - 1600
        assert (await store.ledger.usage("ann", DAY)).reserved == spend(100, 1000)
        await store.ledger.reserve(reservation("run-3", most=spend(90)), limits)

    async def test_money_is_limited_as_well(self, store: Store) -> None:
        await start_run(store)

        with pytest.raises(DailyLimitError) as caught:
            await store.ledger.reserve(reservation(), DailyLimits(cost_usd=0.0000009))

        assert (caught.value.limit, caught.value.nanodollars_left) == ("user_usd_per_day", 900)

    async def test_a_day_that_was_overspent_has_nothing_left(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(), DailyLimits(tokens=100))
        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(130))

        with pytest.raises(DailyLimitError) as caught:
            await store.ledger.reserve(reservation(call=2, most=spend(1)), DailyLimits(tokens=100))

        assert caught.value.tokens_left == 0

    async def test_users_and_days_are_counted_apart(self, store: Store) -> None:
        for run_id in RUNS:
            await start_run(store, run_id)
        limits = DailyLimits(tokens=100)

        await store.ledger.reserve(reservation("run-1"), limits)
        await store.ledger.reserve(reservation("run-2", user_id="bob"), limits)
        await store.ledger.reserve(reservation("run-3", day=NEXT_DAY), limits)

        assert [(await store.ledger.usage(*of)).reserved.tokens for of in (("ann", DAY), ("bob", DAY))] == [100, 100]

    async def test_a_call_counts_for_the_day_that_it_was_reserved_on(self, store: Store) -> None:
        await start_run(store)
        await store.ledger.reserve(reservation(day=DAY), NO_LIMITS)
        await store.ledger.settle("run-1", epoch=1, call=1, spent=spend(30))
        await store.ledger.reserve(reservation(day=NEXT_DAY, call=2), NO_LIMITS)
        await store.ledger.settle("run-1", epoch=1, call=2, spent=spend(40))

        assert (await store.ledger.usage("ann", DAY)).used == spend(30)
        assert (await store.ledger.usage("ann", NEXT_DAY)).used == spend(40)

    async def test_whoever_claims_a_run_settles_what_its_lost_worker_reserved(self, store: Store) -> None:
        lease = await start_run(store)
        await store.ledger.reserve(reservation(call=2), NO_LIMITS)
        await store.queue.release(lease)
        await store.queue.claim(OTHER_WORKER, wait_seconds=0)

        await store.ledger.settle("run-1", epoch=2, call=0, spent=spend(30))

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=spend(30), reserved=NOTHING)

    async def test_a_worker_that_lost_its_run_neither_reserves_nor_settles_for_the_next(self, store: Store) -> None:
        lease = await start_run(store)
        await store.queue.release(lease)
        await store.queue.claim(OTHER_WORKER, wait_seconds=0)
        await store.ledger.reserve(reservation(epoch=2), NO_LIMITS)

        with pytest.raises(FencedError):
            await store.ledger.reserve(reservation(epoch=1), NO_LIMITS)
        await store.ledger.settle("run-1", epoch=1, call=9, spent=spend(30))

        assert await store.ledger.usage("ann", DAY) == DayUsage(used=NOTHING, reserved=spend(100, 1000))

    async def test_nothing_is_reserved_for_a_run_that_has_ended_or_is_not_there(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)

        for run_id in ("run-1", "run-9"):
            with pytest.raises(FencedError):
                await store.ledger.reserve(reservation(run_id), NO_LIMITS)

    async def test_two_hundred_runs_at_once_stay_within_the_limit(self, store: Store) -> None:
        run_ids = [f"run-{n}" for n in range(200)]
        for run_id in run_ids:
            await start_run(store, run_id)
        limits = DailyLimits(tokens=5050)

        async def call(run_id: str) -> int:
            try:
                await store.ledger.reserve(reservation(run_id), limits)
            except DailyLimitError:
                return 0
            await store.ledger.settle(run_id, epoch=1, call=1, spent=spend(70))
            return 70

        spent = sum(await asyncio.gather(*(call(run_id) for run_id in run_ids)))

        assert 0 < spent <= 5050
        assert await store.ledger.usage("ann", DAY) == DayUsage(used=spend(spent), reserved=NOTHING)

    async def test_two_users_who_race_are_never_mixed_up(self, store: Store) -> None:
        """S42: each uses exactly what there is, so whatever counted for the other one would be too much."""
        runs = [(f"run-{n}", user_id) for n, user_id in enumerate(("ann", "bob") * 3)]
        for run_id, _ in runs:
            await start_run(store, run_id)
        full = spend(3 * RACING_CALLS, 3 * RACING_CALLS)
        limits = DailyLimits(tokens=full.tokens)

        async def make_calls(run_id: str, user_id: str) -> None:
            for call in range(1, RACING_CALLS + 1):
                wanted = reservation(run_id, user_id=user_id, call=call, most=spend(1, 1))
                await store.ledger.reserve(wanted, limits)
                await store.ledger.settle(run_id, epoch=1, call=call, spent=wanted.most)

        await asyncio.gather(*(make_calls(*run) for run in runs))

        for user_id in ("ann", "bob"):
            assert await store.ledger.usage(user_id, DAY) == DayUsage(used=full, reserved=NOTHING)
            with pytest.raises(DailyLimitError):
                await store.ledger.reserve(reservation("run-0", user_id=user_id, call=0, most=spend(1)), limits)
