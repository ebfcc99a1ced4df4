"""A server killed at any moment, again and again, loses nothing and pays for nothing twice."""

import asyncio
import random
from pathlib import Path

from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

RUNS = 50
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "50", "GALLEY_WORKERS": str(RUNS), "GALLEY_LEASE_SECONDS": "0.5"}
SECONDS = 120.0


async def test_fifty_runs_outlive_every_kill(tmp_path: Path, chance: random.Random, is_soak: bool) -> None:
    # Three losses within one stage end a run by design, so no round has more than two kills.
    rounds, kills = (10, 2) if is_soak else (3, 1)
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        logs = []
        for round_number in range(rounds):
            following = [
                asyncio.create_task(
                    client.follow_new(
                        ask(f"Kites of round {round_number}, number {number}"),
                        key=f"{round_number}-{number}",
                        resume="get" if number % 2 else "post",
                        seconds=SECONDS,
                    )
                )
                for number in range(RUNS)
            ]
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.1, 1.5))
                await server.restart()
            logs += await asyncio.gather(*following)
        evidence = assert_nothing_broke(server, logs)

    assert {log.events[-1].get("success") for log in logs} == {True}
    assert len(evidence.states) == len(logs)
    assert sum(log.connections > 1 for log in logs) > len(logs) / 2
