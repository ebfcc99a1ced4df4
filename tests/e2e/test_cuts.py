"""A connection cut at any byte costs nothing: every event comes exactly once, however the client comes back."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.rig.client import Resume
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import End, Plan, Proxy, plans
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "400", "GALLEY_ACCESS_SECONDS": "86400"}


def choose_ending(number: int) -> End:
    return "reset" if number % 2 else "cut"


@pytest.mark.parametrize("resume", ["get", "post"])
async def test_a_finished_run_read_through_cuts_is_the_same_to_the_byte(
    tmp_path: Path, chance: random.Random, is_soak: bool, resume: Resume
) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, Proxy(server.port) as proxy:
        async with log_in(server) as direct, log_in(server, proxy.url) as client:
            whole = await direct.follow_new(ask("Kites"), key="kites")
            before = proxy.passed_bytes
            await client.follow_new(ask("Kites"), key="kites")
            length = proxy.passed_bytes - before
            cuts = range(length) if is_soak else sorted(chance.sample(range(length), 60))
            logs = []
            for cut in cuts:
                proxy.choose = cut_next(proxy, Plan(after=cut, end=choose_ending(cut)))
                logs.append(await client.follow_new(ask("Kites"), key="kites", resume=resume))
        evidence = assert_nothing_broke(server, logs)

    assert len(evidence.states) == 1
    assert all(log.frames == whole.frames for log in logs)
    assert sum(log.connections == 2 for log in logs) > 0.9 * len(logs), (
        "only a cut behind the last event goes unnoticed"
    )


async def test_live_runs_followed_through_many_cuts_are_whole(
    tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    runs = 200 if is_soak else 20
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, Proxy(server.port) as proxy:
        async with log_in(server) as direct, log_in(server, proxy.url) as client:
            proxy.choose = lambda number: Plan(after=chance.randrange(12_000), end=choose_ending(number))
            following = [
                client.follow_new(
                    ask(f"Kites, number {number}"), key=str(number), resume="get" if number % 2 else "post"
                )
                for number in range(runs)
            ]
            logs = await asyncio.gather(*following)
            again = [await direct.follow(log.run_id or "") for log in logs]
        assert_nothing_broke(server, [*logs, *again])

    assert [log.frames for log in logs] == [log.frames for log in again]
    assert sum(log.connections for log in logs) > 2 * runs


@pytest.mark.parametrize("plan", [Plan(piece=1), Plan(piece=7, pause_seconds=0.0), Plan(delay_seconds=0.02)])
async def test_a_slow_connection_changes_nothing(tmp_path: Path, plan: Plan) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, Proxy(server.port) as proxy:
        async with log_in(server, proxy.url) as client:
            proxy.choose = plans(then=plan)
            log = await client.follow_new(ask("Kites"), key="kites")
        assert_nothing_broke(server, [log])

    assert log.connections == 1


def cut_next(proxy: Proxy, plan: Plan) -> Callable[[int], Plan]:
    """Cut the next connection and pass every later one."""
    first = proxy.connections
    return lambda number: plan if number == first else Plan()
