"""The HttpAgent of @ag-ui/client in one Node process, which makes many calls (tests/clients/ag_ui.mjs)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from attrs import define, frozen

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.process import ROOT

SCRIPT = ROOT / "tests" / "clients" / "ag_ui.mjs"
LONGEST_LINE = 64 * 1024 * 1024
SECONDS = 120.0
CUTS = ("terminated", "fetch failed", "other side closed")
"""How Node's fetch calls a connection that broke."""


@frozen(kw_only=True)
class Outcome:
    """What an agent has after a call: the types of each stream's events, its messages and state, how it ended.

    A custom event stands with its name. `failures` are the exceptions that its promises were rejected with, `warnings`
    what it said otherwise.
    """

    streams: list[list[str]]
    failures: list[dict[str, Any]]
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    messages: list[dict[str, Any]]
    state: dict[str, Any]
    lastId: str | None  # noqa: N815
    warnings: list[str]

    @property
    def complaints(self) -> list[str]:
        """What the agent has against what it was sent; that a connection was cut is nobody's fault."""
        said = [*(failure["message"] for failure in self.failures), *self.warnings]
        return [each for each in said if not each.startswith(CUTS)]

    @property
    def text(self) -> str:
        """The text of the last message."""
        return str(self.messages[-1]["content"])


@define
class AgUiAgent:
    """One Node process; its calls go out one after the other."""

    process: asyncio.subprocess.Process

    async def call(self, url: str, client: GalleyClient, text: str, **options: Any) -> Outcome:
        """Let an agent post a text in the name of the client's user and follow the run; `options` are the script's."""
        token = client.headers["Authorization"].removeprefix("Bearer ")
        named = {"url": url, "token": token, "threadId": "thread", "runId": str(uuid4()), "text": text}
        asked = named | options
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        async with asyncio.timeout(SECONDS):
            await self.process.stdin.drain()
            line = await self.process.stdout.readline()
        assert line, "the agent's process has ended; its stderr says more"
        return Outcome(**json.loads(line))


@asynccontextmanager
async def open_agent() -> AsyncIterator[AgUiAgent]:
    """Start the process, and end it."""
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
    )
    try:
        yield AgUiAgent(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
