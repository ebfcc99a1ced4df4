"""Many live runs over one GET /events, cut again and again and resumed from one cursor."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import httpx
from attrs import define, field

from tests.e2e.rig.client import CONTROLS, TERMINAL, GalleyClient
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in
from tests.e2e.rig.sse_reader import SseReader
from tests.e2e.test_cuts import choose_ending

ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "40", "GALLEY_WORKERS": "200"}
SECONDS = 120.0


@define
class Crowd:
    """What one stream after the other told of many runs: each run's data in order, what came twice dropped."""

    told: dict[str, list[str]] = field(factory=dict)
    ended: set[str] = field(factory=set)
    faults: list[str] = field(factory=list)
    cursor: str = ""
    connections: int = 0
    opened: asyncio.Event = field(factory=asyncio.Event)

    async def follow(self, client: GalleyClient, url: str, count: int) -> None:
        """Read until so many runs have ended, through every break."""
        async with asyncio.timeout(SECONDS):
            while len(self.ended) < count:
                self.connections += 1
                try:
                    await self._read(client, url, count)
                except httpx.TransportError:
                    continue

    async def _read(self, client: GalleyClient, url: str, count: int) -> None:
        reader = SseReader()
        headers = client.headers | ({"Last-Event-ID": self.cursor} if self.cursor else {})
        async with client.http.stream("GET", f"{url}/events", headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            self.opened.set()
            async for piece in response.aiter_bytes():
                for frame in reader.feed(piece):
                    if frame.event not in CONTROLS:
                        self._take(frame.data)
                    self.cursor = frame.id or self.cursor
                if len(self.ended) == count:
                    break
        self.faults += reader.faults

    def _take(self, data: str) -> None:
        event = json.loads(data)
        known = self.told.setdefault(event["run_id"], [])
        if event["seq"] == len(known) + 1:
            known.append(data)
        elif event["seq"] > len(known):
            self.faults.append(f"a hole before {event['seq']} of {event['run_id']}")
        if event["type"] in TERMINAL:
            self.ended.add(event["run_id"])


async def start(client: GalleyClient, number: int) -> str:
    answer = await client.call(
        "POST", "/run", headers={"Prefer": "respond-async"}, json=ask(f"Kites, number {number}"), timeout=60
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


async def test_every_run_of_a_crowd_is_told_whole_through_cuts(
    tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    crowd, count = Crowd(), 200 if is_soak else 50
    async with (
        GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server,
        Proxy(server.port) as proxy,
        log_in(server) as client,
    ):
        proxy.choose = lambda number: Plan(after=chance.randrange(count * 500, count * 3000), end=choose_ending(number))
        following = asyncio.create_task(crowd.follow(client, proxy.url, count))
        await crowd.opened.wait()
        started = await asyncio.gather(*(start(client, number) for number in range(count)))
        await following
        logs = [await client.follow(run_id) for run_id in started]
        assert_nothing_broke(server, logs)

    assert crowd.faults == []
    assert crowd.told == {
        run_id: [frame.data for frame in log.frames] for run_id, log in zip(started, logs, strict=True)
    }
    assert crowd.connections >= 4
