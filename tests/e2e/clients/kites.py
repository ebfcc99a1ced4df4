"""A Galley for the tests of one client: a server, a proxy before it that cuts, and what the server stored."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.e2e.rig.client import ClientLog, GalleyClient
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import PASS, End, Plan, Proxy
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in
from tests.e2e.rig.texts import find_text_breaks

HEAD_BYTES = 700
"""More than the head of an answer: what is cut behind it is a stream, whatever the client makes of half a head."""

ENDS: tuple[End, ...] = ("cut", "reset")
NO_TIME = {"limits": {"deadline_seconds": 0.001}}
"""What makes a run end in `error`: it has no text when its time is over."""


@frozen(kw_only=True)
class Kites:
    """One server and its proxy; `direct` is a strict client of the rig that goes past the proxy."""

    server: GalleyProcess
    proxy: Proxy
    direct: GalleyClient

    @property
    def token(self) -> str:
        """An access token of the first user."""
        return self.direct.headers["Authorization"].removeprefix("Bearer ")

    async def finish(self, topic: str, **more: Any) -> ClientLog:
        """Carry out a run to its end; `key_of` its topic starts no second one."""
        return await self.direct.follow_new(ask(topic, **more), key=key_of(topic))

    async def count_runs(self, topic: str) -> int:
        """Return how many runs there are of a topic."""
        answer = await self.direct.call("GET", "/runs", params={"text": topic})
        return len(answer.json()["runs"])

    def cut(self, chance: random.Random, cuts: int, length: int, *, least: int = HEAD_BYTES) -> Callable[[], int]:
        """Cut so many connections from now on, each behind a random byte, and pass all that come later.

        What is returned counts the connections that had to be cut so far.
        """
        left = [Plan(after=chance.randrange(least, length), end=chance.choice(ENDS)) for _ in range(cuts)]
        self.proxy.choose = lambda _: left.pop() if left else PASS
        return lambda: cuts - len(left)

    async def assert_whole(self, run_id: str, told: Sequence[dict[str, Any]]) -> None:
        """Fail unless these are the run's events, each once and in order, and their text is what the server stored."""
        stored = (await self.direct.call("GET", f"/runs/{run_id}")).json()
        assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
        assert told[-1]["type"] == stored["status"]
        assert list(find_text_breaks(run_id, told)) == []
        drafts = [event["draft"] for event in told if event["type"] == "draft"]
        outputs = [event["output"] for event in told if event["type"] == "complete"]
        assert (drafts, outputs) == (_some(stored["draft"]), _some(stored["output"]))


def key_of(topic: str) -> str:
    """Return the idempotency key of the run that `finish` makes of a topic."""
    return topic.replace(" ", "-")


def _some(text: str | None) -> list[str]:
    return [] if text is None else [text]


@asynccontextmanager
async def flying(folder: Path, **env: str) -> AsyncIterator[Kites]:
    """Serve; at the end nothing may have broken on the server's side."""
    settings = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "400", "GALLEY_ACCESS_SECONDS": "86400"} | env
    async with (
        GalleyProcess(data=folder, env=settings, rig={"ledger": True}) as server,
        Proxy(server.port) as proxy,
        log_in(server) as direct,
    ):
        yield Kites(server=server, proxy=proxy, direct=direct)
        assert_nothing_broke(server, [])
        assert "Traceback" not in server.stderr
