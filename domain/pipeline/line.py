"""The line in which runs wait for a model whose breaker is open: one for a process, first come first served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from attrs import define, field

from domain.errors import ProviderError
from domain.pipeline.breaker import Breaker
from domain.ports import Clock

BREAKERS_KEPT = 256
"""Beyond it closed ones are forgotten: where there is no allow-list any user may name any model."""


@define(eq=False)
class Turn:
    """One run's place in the line: `model` is None until it is its turn, then the first of `models` that was free."""

    models: tuple[str, ...]
    model: str | None = None
    epoch: int = 0
    stirred: asyncio.Event = field(factory=asyncio.Event)


class Line:
    """Every model's breaker, and the runs that wait for one.

    Whenever something changes the line is gone through from its front, and each run gets the first of its models that
    is free. So nobody is overtaken by somebody who came later and waits for the same model.
    """

    def __init__(self, clock: Clock, chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._breakers: dict[str, Breaker] = {}
        self._waiting: dict[Turn, None] = {}

    @contextmanager
    def join(self, models: Sequence[str]) -> Iterator[Turn]:
        """Give a place at the end of the line, which may be its front as well, until the call is over.

        What becomes of the call is told to `answer` or `fail`; leaving without that means that nobody knows.
        """
        turn = Turn(models=tuple(models))
        self._waiting[turn] = None
        self.advance()
        try:
            yield turn
        finally:
            self._waiting.pop(turn, None)
            if turn.model is not None:
                self._change(turn.model, self._find(turn.model).drop(turn.epoch))

    async def wait(self, turn: Turn, seconds: float) -> None:
        """Return when it is this run's turn, or as soon as it is known not to come within so many seconds."""
        until = self._clock.monotonic() + seconds
        while turn.model is None:
            turn.stirred.clear()
            left = until - self._clock.monotonic()
            if left <= 0 or self.seconds_until_free(turn.models) > left:
                return
            await self._sleep(turn, self._seconds_until_change(turn.models, left))
            self.advance()

    def answer(self, turn: Turn) -> None:
        """Take note that the model of this turn writes."""
        assert turn.model is not None
        self._change(turn.model, self._find(turn.model).answer(turn.epoch))

    def fail(self, turn: Turn, error: ProviderError) -> None:
        """Take note that the call of this turn failed."""
        assert turn.model is not None
        now = self._clock.monotonic()
        self._change(turn.model, self._find(turn.model).fail(error, turn.epoch, now=now, chance=self._chance))

    def find_free(self, models: Sequence[str]) -> str | None:
        """Return the first model whose breaker lets a call through now."""
        now = self._clock.monotonic()
        return next((model for model in models if self._find(model).admits(now)), None)

    def seconds_until_free(self, models: Sequence[str]) -> float:
        """Return for how long none of the models lets a call through for certain; 0 while one is being probed."""
        now = self._clock.monotonic()
        return min(self._find(model).seconds_until_probe(now) for model in models)

    def advance(self) -> None:
        """Give their turn to those whose time has come, from the front."""
        for turn in list(self._waiting):
            model = self.find_free(turn.models)
            if model is not None:
                self._begin(turn, model)
                turn.stirred.set()

    def _seconds_until_change(self, models: Sequence[str], most: float) -> float:
        """Return when to look again; a model that is being probed is free when the probe ends, which stirs the line."""
        now = self._clock.monotonic()
        moments = [self._find(model).seconds_until_probe(now) for model in models]
        return min([most, *(moment for moment in moments if moment > 0)])

    async def _sleep(self, turn: Turn, seconds: float) -> None:
        stirred = asyncio.create_task(turn.stirred.wait())
        asleep = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({stirred, asleep}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stirred.cancel()
            asleep.cancel()

    def _find(self, model: str) -> Breaker:
        return self._breakers.get(model, Breaker())

    def _change(self, model: str, breaker: Breaker) -> None:
        if breaker == self._find(model):
            return
        self._breakers[model] = breaker
        if len(self._breakers) > BREAKERS_KEPT:
            now = self._clock.monotonic()
            self._breakers = {name: kept for name, kept in self._breakers.items() if not kept.admits(now)}
        self.advance()
        for turn in self._waiting:
            turn.stirred.set()

    def _begin(self, turn: Turn, model: str) -> None:
        found = self._find(model)
        turn.model, turn.epoch = model, found.epoch
        if not found.is_closed:
            self._breakers[model] = found.probe()
        del self._waiting[turn]
