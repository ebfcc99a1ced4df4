"""What a run's calls cost its user: reserved before each call, settled after it, through any trouble with the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from attrs import evolve

from domain.completion import PromptRequest
from domain.errors import AckLostError, DailyLimitError, StoreUnavailableError
from domain.pipeline.budget import Budget, find_budget, most_input_tokens, shrink
from domain.pipeline.run import Run
from domain.pipeline.surroundings import Surroundings
from domain.run.events import TokensUsed
from domain.run.price import to_nanodollars
from domain.run.spending import Reservation, Spending, day_of
from domain.run.usage import estimate_tokens

TRIES_TO_FIT = 5
"""How often a call gets smaller while other runs take what was left; then the limit counts as met."""
STORE_WAIT_SECONDS = 0.5


class Account:
    """The calls of one run under one epoch, one after the other."""

    def __init__(self, run: Run, around: Surroundings) -> None:
        self._run = run
        self._around = around
        self._calls = 0
        self._began_at = _now_by_the_store(run) or around.clock.now()
        self._began = around.clock.monotonic()

    async def open(self, request: PromptRequest) -> Budget:
        """Reserve for one more call and return what it may use; where a limit is met nothing is reserved.

        The input is counted only where the most that it can be does not fit.

        Raises:
            FencedError: The run is another worker's by now.
        """
        self._calls += 1
        budget = self._find_budget(request, most_input_tokens(request))
        if budget.met == "deadline_seconds":
            return budget
        if budget.met is None and budget.is_whole and await self._reserve(budget) is None:
            return budget
        counted = await self._around.provider.count_input(request)
        budget = self._find_budget(request, estimate_tokens(request.text) if counted is None else counted)
        price = self._around.prices.find(request.model)
        tries = 0
        while budget.met is None and (refusal := await self._reserve(budget)) is not None:
            tries += 1
            budget = shrink(budget, refusal, price=price) if tries < TRIES_TO_FIT else evolve(budget, met=refusal.limit)
        return budget

    def estimate(self, request: PromptRequest) -> Budget:
        """Return what a call could use by the run's own limits; nothing is reserved."""
        return self._find_budget(request, estimate_tokens(request.text))

    async def settle(self, used: TokensUsed | None) -> None:
        """Turn what was reserved for the call into what it used, None where it was never made."""
        await self._settle(self._calls, _spent(used))

    async def settle_lost(self, used: TokensUsed | None) -> None:
        """Do the same for the call that an earlier worker reserved for and did not live to settle, if there was one."""
        await self._settle(0, _spent(used))

    def _find_budget(self, request: PromptRequest, input_tokens: int) -> Budget:
        return find_budget(
            self._run.spec.limits,
            self._run.history,
            input_tokens=input_tokens,
            output_tokens=request.max_output_tokens,
            price=self._around.prices.find(request.model),
            now=self._now(),
        )

    def _now(self) -> datetime:
        """Return the time by a clock that does not jump, so that no other one that is wrong or corrected ends a run."""
        return self._began_at + timedelta(seconds=self._around.clock.monotonic() - self._began)

    async def _reserve(self, budget: Budget) -> DailyLimitError | None:
        ledger, run = self._around.ledger, self._run
        if ledger is None:
            return None
        reservation = Reservation(
            user_id=run.owner,
            day=day_of(self._around.clock.now()),
            run_id=run.id,
            epoch=run.epoch,
            call=self._calls,
            most=budget.most,
        )
        try:
            await _insist(self._around, lambda: ledger.reserve(reservation, self._around.daily_limits))
        except DailyLimitError as error:
            return error
        return None

    async def _settle(self, call: int, spent: Spending) -> None:
        await _settle(self._around, self._run.id, epoch=self._run.epoch, call=call, spent=spent)


def _now_by_the_store(run: Run) -> datetime | None:
    """Return the time at the claim as it is for a run whose age is known, whatever the clock of its creator said."""
    created_at = run.history.created_at
    if created_at is None or run.age_seconds is None:
        return None
    return created_at + timedelta(seconds=run.age_seconds)


async def write_off(around: Surroundings, run_id: str, *, epoch: int) -> None:
    """Count in full what earlier workers reserved for a call, since nobody will find out what it used."""
    await _settle(around, run_id, epoch=epoch, call=0, spent=None)


async def _settle(around: Surroundings, run_id: str, *, epoch: int, call: int, spent: Spending | None) -> None:
    ledger = around.ledger
    if ledger is not None:
        await _insist(around, lambda: ledger.settle(run_id, epoch=epoch, call=call, spent=spent))


async def _insist(around: Surroundings, write: Callable[[], Awaitable[None]]) -> None:
    """Write until the store has it, as the run's events wait for it too; once more changes nothing."""
    while True:
        try:
            return await write()
        except (AckLostError, StoreUnavailableError):
            await around.clock.sleep(STORE_WAIT_SECONDS)


def _spent(used: TokensUsed | None) -> Spending:
    if used is None:
        return Spending()
    return Spending(tokens=used.input_tokens + used.output_tokens, nanodollars=to_nanodollars(used.cost_usd))
