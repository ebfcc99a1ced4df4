"""A user's daily limit holds for many runs at once, whose server is killed in the middle of their calls."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.database import open_read_only
from tests.e2e.rig.evidence import Evidence
from tests.e2e.rig.ledger import read_ledger
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

RUNS = 200
TOKENS_A_DAY = 4000
LONGEST_ANSWER = 250
"""In tokens; more than the guess for a text that broke off, which is a token for four of its characters."""
ENV = {
    "GALLEY_USER_TOKENS_PER_DAY": str(TOKENS_A_DAY),
    "GALLEY_SAMPLE_TOKENS_PER_SECOND": "100",
    "GALLEY_WORKERS": str(RUNS),
    "GALLEY_LEASE_SECONDS": "0.5",
}


async def begin(client: GalleyClient, number: int) -> str | None:
    """Begin a run and return its id, None where the day has nothing left for it."""
    body = ask(f"Kites, number {number}", limits={"output_tokens": LONGEST_ANSWER})
    answer = await client.call("POST", "/run", json=body, headers={"Prefer": "respond-async"})
    if answer.status_code == 429:
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["code"] == "limit_reached"
        return None
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


async def kill_in_the_middle(server: GalleyProcess) -> None:
    """Kill the server while it makes calls, and start it again."""
    async with asyncio.timeout(10):
        while not any(call.ended is None for call in read_ledger(server.ledger)):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.15)
    await server.restart()


def bound_told(evidence: Evidence) -> tuple[int, int]:
    """Return the least and the most that the runs' logs leave for the day's tokens.

    A call that the kill met before it wrote anything may not even have begun. One that had ended, but was not told
    yet, is in the ledger as it was and in the log as what its text shows.
    """
    usages = [event.fields for log in evidence.events.values() for event in log if event.type == "usage"]
    cut = [usage for usage in usages if usage.get("failure") == "interrupted"]
    unbegun = [usage for usage in cut if not usage["output_tokens"]]
    killed = [call for call in evidence.calls if call.outcome is None]
    untold = LONGEST_ANSWER * max(0, len(cut) - len(killed))
    told = _count(usages)
    return told - _count(unbegun) - untold, told + untold


def _count(usages: list[dict[str, Any]]) -> int:
    return sum(usage["input_tokens"] + usage["output_tokens"] for usage in usages)


async def test_two_hundred_runs_and_a_kill_stay_within_the_day(tmp_path: Path) -> None:
    """S41."""
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        begun = await asyncio.gather(*(begin(client, number) for number in range(RUNS)))
        await kill_in_the_middle(server)
        logs = await asyncio.gather(*(client.follow(run_id) for run_id in begun if run_id is not None))
        today = (await client.call("GET", "/auth/me")).json()["today"]
        evidence = assert_nothing_broke(server, logs)
        with open_read_only(server.database) as db:
            held = db.execute("SELECT count(*) FROM reservations").get

    assert [call for call in evidence.calls if call.outcome is None]
    least, most = bound_told(evidence)
    assert 0 < least <= today["tokens"] <= most
    assert today["tokens"] <= TOKENS_A_DAY
    assert held == 0
    assert "user_tokens_per_day" in {log.events[-1]["metadata"]["limit"] for log in logs}
