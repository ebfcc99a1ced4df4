"""Keeps a run that may kill its workers from taking others with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field

from domain.pipeline.run import Run
from domain.ports import Clock


@define
class Probation:
    """Lets runs begin again one at a time, `seconds` apart, where they lost two workers within one stage.

    When a process dies, every run that it had has lost its worker, whoever killed it. Begun again together they would
    be lost together until all of them are given up; begun one by one, the run that kills is alone when it does.
    """

    clock: Clock
    seconds: float
    _turn: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    @asynccontextmanager
    async def begin(self, run: Run) -> AsyncIterator[None]:
        """Wait for the run's turn where it is on probation; others don't wait."""
        if run.restart_reason != "worker_lost" or run.history.losses == 0:
            yield
            return
        await self._turn.acquire()
        turn = asyncio.create_task(self.clock.sleep(self.seconds))
        turn.add_done_callback(lambda _: self._turn.release())
        try:
            yield
        finally:
            turn.cancel()
