"""A hundred runs while their model is overloaded: few calls, no run lost, and first come first served (F44)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from domain.pipeline.retry import TRIES
from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess
from tests.e2e.rig.scene import connect
from tests.wire.answer import Answer
from tests.wire.process import wire_process

RUNS = 100
PROBES_AT_MOST = 7
"""The breaker's shortest cool-downs are half a second, one, two, four, eight and fifteen, which is more than 20 s."""
WHOLE = Answer(text="Kites need wind, a line and a hand that holds it.", pace=0.02)
PROMPT = """\
name: note
title: Note
inputs: {type: object, properties: {topic: {type: string}}}
output_format: text
prompts: {generator: {user: "Write about {{ topic }}."}}
"""


def number_of(asked: dict[str, Any]) -> int:
    """Return which run a call was made for."""
    found = re.search(r"number (\d+)", str(asked["body"]["messages"]))
    assert found is not None
    return int(found[1])


async def weather(data: Path, storm_seconds: float) -> tuple[list[ClientLog], list[dict[str, Any]]]:
    """Send all runs into the storm; return what their clients were shown and what the model was asked."""
    (data / "prompts").mkdir(parents=True)
    (data / "prompts" / "note.yaml").write_text(PROMPT)
    storm = Answer(status=529, seconds=storm_seconds)
    async with wire_process("anthropic", [storm, WHOLE]) as wire:
        env = {
            "ANTHROPIC_API_KEY": "key",
            "ANTHROPIC_BASE_URL": wire.url,
            "GALLEY_PROMPTS": str(data / "prompts"),
            "GALLEY_WORKERS": str(RUNS),
            "GALLEY_DEFAULT_PROMPT": "note",
        }
        async with (
            GalleyProcess(data=data / "data", env=env) as server,
            connect(server.url, user="admin", password=ADMIN_PASSWORD) as client,
        ):
            bodies = [{"prompt": "note", "inputs": {"topic": f"number {number}"}} for number in range(RUNS)]
            logs = await asyncio.gather(*(client.follow_new(body, key=str(n)) for n, body in enumerate(bodies)))
        received = await wire.received()
    return logs, [one for one in received if one["path"] == "/v1/messages"]


def time_of_joining(log: ClientLog) -> str:
    """Return when a run took the place in line in which it was served."""
    told = [event for event in log.events if event["type"] == "progress" and event["stage"] == "generator"]
    last_call = max(place for place, event in enumerate(told) if event.get("model"))
    waiting = [event for event in told[:last_call] if event["message"].endswith("waiting for this run's turn")]
    return str(waiting[-1]["time"]) if waiting else str(told[last_call]["time"])


async def test_a_storm_is_outlived_with_few_calls_and_in_order(tmp_path: Path, is_soak: bool) -> None:
    storm_seconds = 20.0 if is_soak else 3.0
    logs, asked = await weather(tmp_path, storm_seconds)

    over = asked[0]["at"] + storm_seconds
    calls = [number_of(one) for one in asked]
    served = [number_of(one) for one in asked if one["at"] >= over]
    assert {log.events[-1]["type"] for log in logs} == {"complete"}
    assert sorted(served) == list(range(RUNS))
    assert len(calls) - len(served) <= RUNS + PROBES_AT_MOST
    assert max(calls.count(number) for number in range(RUNS)) <= TRIES
    joined = sorted(range(RUNS), key=lambda number: time_of_joining(logs[number]))
    # Runs that are let through at once overtake each other on the network; without any order it would be a third.
    assert sum(abs(joined.index(number) - place) for place, number in enumerate(served)) / RUNS <= RUNS / 10
