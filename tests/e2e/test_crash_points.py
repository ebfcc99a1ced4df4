"""A server that dies at any boundary of any write of a run goes on with it after the next start."""

import asyncio
import random
import shutil
from pathlib import Path

import attrs
import pytest

from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

BOUNDARIES_SEEN = "boundaries"
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "100", "GALLEY_LEASE_SECONDS": "1"}


@pytest.fixture
async def prepared(tmp_path: Path) -> GalleyProcess:
    """A data folder in which the first start's own writes are done."""
    server = GalleyProcess(data=tmp_path / "prepared", env=ENV, rig={"ledger": True})
    async with server:
        await server.terminate()
    return server


async def run_once(server: GalleyProcess, *, crash_at: int) -> ClientLog:
    """Follow one run through the crash; whoever watches over the process starts it again at once.

    Deltas are merged by time, so a run has not always the same number of writes: the last points may never come.
    """
    server.rig = {"ledger": True, "crash_at": crash_at}
    async with server, log_in(server) as client:
        (server.data / "armed").touch()
        following = asyncio.create_task(client.follow_new(ask("Kites"), key="kites"))
        dying = asyncio.create_task(server.wait())
        await asyncio.wait({following, dying}, return_when=asyncio.FIRST_COMPLETED)
        if dying.done():
            server.rig = {"ledger": True}
            await server.start()
        log = await following
        dying.cancel()
        assert_nothing_broke(server, [log])
    return log


async def test_every_boundary_of_every_write(
    prepared: GalleyProcess, tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    whole = attrs.evolve(prepared, data=shutil.copytree(prepared.data, tmp_path / "whole"))
    await run_once(whole, crash_at=0)
    count = int((whole.data / BOUNDARIES_SEEN).read_text())
    points = range(1, count + 1) if is_soak else sorted(chance.sample(range(1, count + 1), 4))

    crashes = 0
    for point in points:
        server = attrs.evolve(prepared, data=shutil.copytree(prepared.data, tmp_path / str(point)))
        log = await run_once(server, crash_at=point)
        assert log.frames[-1].event == "complete", point
        crashes += server.starts - 1
    assert crashes > 0.9 * len(points) - 1
