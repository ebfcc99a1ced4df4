"""A cancel at any moment ends a run once, closes its provider's stream soon and keeps the text so far."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.e2e.rig.client import ClientLog, GalleyClient
from tests.e2e.rig.evidence import Evidence
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

STOP_SECONDS = 1.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "10", "GALLEY_WORKERS": "50"}


async def cancel_at(client: GalleyClient, number: int, events: int) -> tuple[ClientLog, float]:
    """Cancel a run twice at once when its client has seen so many events; return when that was."""
    log = ClientLog(user=client.user)
    following = asyncio.create_task(client.follow_new(ask(f"Kites, number {number}"), key=str(number), log=log))
    await log.until(lambda seen: len(seen.frames) >= events or seen.has_ended)
    at = time.time()
    answers = await asyncio.gather(*(client.call("POST", f"/runs/{log.run_id}/cancel") for _ in range(2)))
    assert {answer.status_code for answer in answers} <= {200, 202}, answers
    await following
    return log, at


def join_deltas(log: ClientLog) -> str:
    return "".join(event["text"] for event in log.events if event["type"] == "delta")


def find_late_stops(evidence: Evidence, cancelled_at: dict[str, float]) -> list[str]:
    """Name the calls that went on for long after their run's cancel."""
    inputs = {state.inputs: run_id for run_id, state in evidence.states.items()}
    return [
        f"{call.stage} of {inputs[call.inputs]}: {call.outcome}"
        for call in evidence.calls
        if call.ended is None or call.ended > cancelled_at[inputs[call.inputs]] + STOP_SECONDS
    ]


@pytest.mark.punctual
async def test_a_cancel_at_any_event_ends_each_run_once(tmp_path: Path, chance: random.Random, is_soak: bool) -> None:
    runs = 500 if is_soak else 50
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        cancelled = await asyncio.gather(*(cancel_at(client, n, chance.randrange(1, 60)) for n in range(runs)))
        logs = [log for log, _ in cancelled]
        evidence = assert_nothing_broke(server, logs)

    ends = {log.frames[-1].event for log in logs}
    assert ends <= {"cancelled", "complete"}
    assert "cancelled" in ends
    assert find_late_stops(evidence, {log.run_id or "": at for log, at in cancelled}) == []


async def test_a_cancelled_run_keeps_its_text_and_what_it_cost(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        log, _ = await cancel_at(client, 1, events=12)
        evidence = assert_nothing_broke(server, [log])

    end = log.events[-1]
    assert (end["type"], end["draft"]) == ("cancelled", join_deltas(log))
    assert [event["estimated"] for event in log.events if event["type"] == "usage"] == [True]
    assert [call.outcome for call in evidence.calls] == ["closed"]


async def test_a_cancel_of_an_ended_run_answers_how_it_ended(tmp_path: Path) -> None:
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "0"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        log = await client.follow_new(ask("Kites"), key="kites")
        answer = await client.call("POST", f"/runs/{log.run_id}/cancel")
        assert_nothing_broke(server, [log])

    assert (answer.status_code, answer.json()["status"]) == (200, "complete")


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.05])
async def test_a_cancel_that_races_the_end_leaves_one_end(tmp_path: Path, delay: float) -> None:
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "0", "GALLEY_WORKERS": "50"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        logs = [log for log, _ in await asyncio.gather(*(cancel_late(client, n, delay) for n in range(20)))]
        assert_nothing_broke(server, logs)

    assert {log.frames[-1].event for log in logs} <= {"complete", "cancelled"}


async def cancel_late(client: GalleyClient, number: int, delay: float) -> tuple[ClientLog, float]:
    """Cancel when the first text was formatted, so that the end is near."""
    log = ClientLog(user=client.user)
    following = asyncio.create_task(client.follow_new(ask(f"Kites, number {number}"), key=str(number), log=log))
    await log.until(
        lambda seen: seen.has_ended or (seen.frames[-1:] != [] and seen.frames[-1].event in {"text", "findings"})
    )
    await asyncio.sleep(delay)
    at = time.time()
    await client.call("POST", f"/runs/{log.run_id}/cancel")
    await following
    return log, at


async def test_a_cancel_holds_when_the_server_is_killed_before_it_took_effect(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        log = ClientLog(user=client.user)
        following = asyncio.create_task(client.follow_new(ask("Kites that cling"), key="kites", log=log))
        await log.until(lambda seen: len(seen.frames) > 8)
        answer = await client.call("POST", f"/runs/{log.run_id}/cancel")
        await server.restart()
        await following
        assert_nothing_broke(server, [log])

    assert (answer.status_code, log.frames[-1].event) == (202, "cancelled")
    assert log.connections > 1
