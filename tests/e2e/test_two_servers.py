"""One SQLite file is served by one process; a second one says why it does not start."""

import asyncio
from pathlib import Path

import attrs

from tests.e2e.rig.process import GalleyProcess, find_free_port
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in


async def test_a_second_server_refuses_and_names_the_cause_while_the_first_goes_on(
    tmp_path: Path, is_soak: bool
) -> None:
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "20"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as first, log_in(first) as client:
        following = asyncio.create_task(client.follow_new(ask("Kites"), key="kites"))
        for _ in range(50 if is_soak else 2):
            second = attrs.evolve(first, port=find_free_port(), rig={}, process=None)
            second.launch()
            end = await second.wait()
            assert end.code not in (0, -9)
        log = await following
        cause = f"(pid {first.pid})"
        assert_nothing_broke(first, [log])

    assert cause in first.stderr
    assert "Traceback" not in first.stderr
    assert log.connections == 1
