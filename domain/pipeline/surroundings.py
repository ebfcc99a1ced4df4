"""What the pipeline needs around it: a provider, time, prices, chance and somewhere to do heavy work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from attrs import Factory, frozen

from domain.pipeline.line import Line
from domain.ports import Clock, Ledger, Provider
from domain.run.price import FREE, PriceList
from domain.run.spending import DailyLimits

Result = TypeVar("Result")
SMALL_TEXT = 2048
"""Pure work on up to so many characters is done where it is; on more it is handed over, so that nobody waits.

An ordinary text of 8 kB is formatted in 11 ms, a hostile one took some 300.
"""


class Offload(Protocol):
    """Does pure work somewhere else."""

    def __call__(self, work: Callable[..., Result], *arguments: Any) -> Awaitable[Result]:
        """Return what `work` returns for the arguments."""
        ...


@frozen(kw_only=True)
class Surroundings:
    """The world as the pipeline knows it.

    `prices` are what calls are charged at; a model without one is never called. The `ledger` holds users to their
    `daily_limits`, None where nobody keeps one. `chance` gives numbers in [0, 1); a provider that is silent for
    `idle_seconds` is given up. `gather` sets an event once text has gathered for long enough. The `line` is for all
    runs of a process, like the surroundings themselves.
    """

    provider: Provider
    clock: Clock
    chance: Callable[[], float]
    offload: Offload
    idle_seconds: float = 30.0
    gather: Callable[[asyncio.Event], None] = asyncio.Event.set
    prices: PriceList = FREE
    ledger: Ledger | None = None
    daily_limits: DailyLimits = Factory(DailyLimits)
    line: Line = Factory(lambda around: Line(around.clock, around.chance), takes_self=True)

    async def compute(self, size: int, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do pure work on a text of `size` characters where it holds nobody up."""
        return work(*arguments) if size <= SMALL_TEXT else await self.offload(work, *arguments)
