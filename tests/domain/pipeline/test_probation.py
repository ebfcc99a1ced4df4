"""A run that may kill its workers takes no other with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from adapters.clock import ManualClock, settle
from domain.pipeline.probation import Probation
from domain.pipeline.run import Run
from domain.run.events import Event, RestartReason, StageRestarted
from domain.run.model import Stage
from tests.domain.pipeline.kit import make_run

LOST = StageRestarted(stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=None)


async def begin(probation: Probation, run: Run, begun: list[Run], over: asyncio.Event) -> None:
    async with probation.begin(run):
        begun.append(run)
        await over.wait()


def suspects(count: int) -> list[Run]:
    return [make_run(LOST, restart_reason="worker_lost") for _ in range(count)]


@pytest.mark.parametrize(
    ("events", "reason"),
    [((), None), ((), "worker_lost"), ((LOST,), "handed_over")],
    ids=["new", "first loss", "moved"],
)
async def test_other_runs_begin_at_once(events: Sequence[Event], reason: RestartReason | None) -> None:
    probation, begun, over = Probation(ManualClock(), 10.0), [], asyncio.Event()
    runs = [make_run(*events, restart_reason=reason) for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(begin(probation, run, begun, over))
        await settle()
        over.set()

    assert len(begun) == 3


async def test_runs_that_lost_two_workers_in_a_stage_begin_one_after_the_other() -> None:
    clock = ManualClock()
    probation, begun, over = Probation(clock, 10.0), [], asyncio.Event()
    counts = []
    async with asyncio.TaskGroup() as group:
        for run in suspects(3):
            group.create_task(begin(probation, run, begun, over))
        for _ in range(3):
            await settle()
            counts.append(len(begun))
            await clock.advance(10.0)
        over.set()

    assert counts == [1, 2, 3]


async def test_a_run_that_has_ended_makes_room_at_once() -> None:
    probation, begun, over = Probation(ManualClock(), 10.0), [], asyncio.Event()
    over.set()
    async with asyncio.TaskGroup() as group:
        for run in suspects(3):
            group.create_task(begin(probation, run, begun, over))

    assert len(begun) == 3


async def test_a_run_that_is_cancelled_while_it_waits_holds_nobody_up() -> None:
    probation, begun, over = Probation(ManualClock(), 10.0), [], asyncio.Event()
    first, second, third = (asyncio.create_task(begin(probation, run, begun, over)) for run in suspects(3))
    await settle()
    second.cancel()
    over.set()
    await asyncio.wait({first, second, third})

    assert len(begun) == 2
