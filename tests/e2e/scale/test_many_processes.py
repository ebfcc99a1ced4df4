"""Fronts and workers that are killed again and again lose nothing, double nothing and pay for nothing twice."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.e2e.rig.engine import Engine, assert_nothing_broke
from tests.e2e.rig.fleet import Fleet
from tests.e2e.scale.faults import faults, kill_again_and_again, stop_store_again_and_again
from tests.e2e.scale.load import Load

pytestmark = pytest.mark.long
KILL_A_WORKER_EVERY_SECONDS = 2.0
KILL_A_FRONT_EVERY_SECONDS = 5.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "40"}


async def test_every_run_ends_once_for_everybody_while_processes_are_killed(
    engine: Engine, tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    runs, seconds = (300, 60.0) if is_soak else (40, 15.0)
    load = Load()
    async with Fleet(folder=tmp_path, engine=engine, env=ENV) as fleet, fleet.log_in() as client:
        killing = (
            kill_again_and_again(fleet.worker, every=KILL_A_WORKER_EVERY_SECONDS, chance=chance),
            kill_again_and_again(fleet.front, every=KILL_A_FRONT_EVERY_SECONDS, chance=chance),
        )
        async with faults(*killing):
            load.begin([client], runs, chance=chance, seconds=seconds - 3)
            await asyncio.sleep(seconds)
        await load.end()
        evidence = await assert_nothing_broke(engine, fleet.calls, load.logs)

    ended = [log.events[-1] for log in load.logs]
    # A stage whose worker is lost three times is given up by design.
    assert {end.get("code") for end in ended} <= {None, "worker_lost"}
    assert sum(end["type"] == "complete" for end in ended) >= 0.8 * runs
    assert len(evidence.states) == runs
    assert "worker_lost" in load.reasons()
    assert sum(log.connections > 1 for log in load.logs) > 0


async def test_a_store_that_goes_away_again_and_again_leaves_no_run_wrong_and_none_stuck(
    engine: Engine, tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    """F50, with kill -9 of workers."""
    runs, seconds, between, down = (
        (300, 90.0, (5.0, 20.0), (0.0, 5.0)) if is_soak else (20, 5.0, (1.5, 1.5), (1.0, 1.0))
    )
    load = Load()
    async with Fleet(folder=tmp_path, engine=engine, env=ENV, fronts=1, workers=2) as fleet, fleet.log_in() as client:
        trouble = [stop_store_again_and_again(engine, between=between, down=down, chance=chance)]
        if is_soak:
            trouble.append(kill_again_and_again(fleet.worker, every=4.0, chance=chance))
        async with faults(*trouble):
            load.begin([client], runs, chance=chance, seconds=seconds - 2)
            await asyncio.sleep(seconds)
        await load.end()
        await assert_nothing_broke(engine, fleet.calls, load.logs)

    assert {log.events[-1].get("code") for log in load.logs} <= {None, "worker_lost"}
