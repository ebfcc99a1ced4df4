"""A run that kills its worker each time is given up, and costs the other runs nothing but time."""

import asyncio
from pathlib import Path

from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

EXECUTIONS_ALLOWED = 3


async def keep_alive(server: GalleyProcess) -> None:
    """Start the server again whenever it dies, as a service manager does."""
    while True:
        await server.wait()
        await server.start()


async def test_a_poison_run_is_given_up_and_the_others_end_well(tmp_path: Path) -> None:
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "30", "GALLEY_LEASE_SECONDS": "2"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        keeper = asyncio.create_task(keep_alive(server))
        topics = [f"Kites, number {number}" for number in range(5)] + ["A poison"]
        logs = await asyncio.gather(
            *(client.follow_new(ask(topic), key=str(number)) for number, topic in enumerate(topics))
        )
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        evidence = assert_nothing_broke(server, logs)

    poisoned = [call for call in evidence.calls if "poison" in call.inputs]
    assert (len(poisoned), server.starts) == (EXECUTIONS_ALLOWED, EXECUTIONS_ALLOWED + 1)
    ends = [(log.events[-1]["type"], log.events[-1].get("code")) for log in logs]
    assert ends == [("complete", None)] * 5 + [("error", "worker_lost")]
