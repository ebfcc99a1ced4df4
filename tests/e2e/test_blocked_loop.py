"""A loop that something blocks for longer than a lease takes no run from its worker."""

import asyncio
from pathlib import Path

from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

LEASE_SECONDS = 0.5
BLOCKED_SECONDS = 3 * LEASE_SECONDS


async def test_a_blocked_loop_restarts_no_run(tmp_path: Path, is_soak: bool) -> None:
    env = {"GALLEY_LEASE_SECONDS": str(LEASE_SECONDS), "GALLEY_SAMPLE_TOKENS_PER_SECOND": "20"}
    rig = {"ledger": True, "block_seconds": 10.0 if is_soak else BLOCKED_SECONDS}
    async with GalleyProcess(data=tmp_path, env=env, rig=rig) as server, log_in(server) as client:
        topics = [f"Kites, number {number}" for number in range(10)] + ["A thing that will block the loop"]
        logs = await asyncio.gather(
            *(client.follow_new(ask(topic), key=str(number)) for number, topic in enumerate(topics))
        )
        evidence = assert_nothing_broke(server, logs)

    assert {state.status for state in evidence.states.values()} == {"complete"}
    assert [event for log in logs for event in log.events if event["type"] == "restarted"] == []


async def test_a_stage_far_longer_than_the_lease_runs_once(tmp_path: Path) -> None:
    env = {"GALLEY_LEASE_SECONDS": str(LEASE_SECONDS), "GALLEY_SAMPLE_TOKENS_PER_SECOND": "20"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        log = await client.follow_new(ask("Kites"), key="kites")
        evidence = assert_nothing_broke(server, [log])

    assert max((call.ended or 0) - call.began for call in evidence.calls) > 4 * LEASE_SECONDS
    assert [event for event in log.events if event["type"] == "restarted"] == []
