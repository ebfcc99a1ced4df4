"""A server that is told to stop says so to everybody, exits in time, and the next one goes on with its runs."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

pytestmark = pytest.mark.punctual

GRACE_SECONDS = 0.5
ENV = {
    "GALLEY_SAMPLE_TOKENS_PER_SECOND": "40",
    "GALLEY_GRACE_SECONDS": str(GRACE_SECONDS),
    "GALLEY_WORKERS": "40",
}


async def test_a_stop_under_load_loses_nothing(tmp_path: Path, is_soak: bool) -> None:
    runs = 40 if is_soak else 20
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        logs = [ClientLog(user=client.user) for _ in range(runs)]
        following = [
            asyncio.create_task(client.follow_new(ask(f"Kites, number {number}"), key=str(number), log=log))
            for number, log in enumerate(logs)
        ]
        for log in logs:
            await log.until(lambda seen: len(seen.frames) > 5)
        end = await server.terminate()
        await server.start()
        await asyncio.gather(*following)
        evidence = assert_nothing_broke(server, logs)

    assert (end.code, end.seconds < GRACE_SECONDS + 1.0) == (0, True), end
    assert {state.status for state in evidence.states.values()} == {"complete"}
    assert [[control.event for control in log.controls] for log in logs] == [["draining"]] * runs
    assert {e["reason"] for log in logs for e in log.events if e["type"] == "restarted"} == {"handed_over"}
    assert "Traceback" not in server.stderr


@pytest.mark.parametrize(
    "signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)]
)
async def test_every_way_to_ask_ends_without_a_traceback(tmp_path: Path, signals: tuple[signal.Signals, ...]) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        log = ClientLog(user=client.user)
        following = asyncio.create_task(client.follow_new(ask("Kites"), key="kites", log=log))
        await log.until(lambda seen: len(seen.frames) > 5)
        for number in signals[:-1]:
            server.send_signal(number)
        end = await server.terminate(first=signals[-1])
        await server.start()
        await following
        assert_nothing_broke(server, [log])

    assert (end.code, end.seconds < GRACE_SECONDS + 1.0) == (0, True), end
    assert "Traceback" not in server.stderr


async def test_readers_that_read_nothing_do_not_hold_the_stop(tmp_path: Path) -> None:
    async with (
        GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server,
        Proxy(server.port) as proxy,
        log_in(server) as direct,
        log_in(server, proxy.url) as client,
    ):
        proxy.choose = lambda _: Plan(after=400, end="blackhole")
        stalled = [asyncio.create_task(client.follow_new(ask(f"Kites {n}"), key=f"{n}")) for n in range(10)]
        while proxy.passed_bytes < 10 * 400:
            await asyncio.sleep(0.01)
        live = await direct.call("GET", "/runs")
        end = await server.terminate()
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)

    assert len(live.json()["runs"]) == 10
    assert (end.code, end.seconds < GRACE_SECONDS + 1.0) == (0, True), end
