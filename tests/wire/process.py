"""A wire-format server as a process of its own, beside a block."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, define

from tests.wire.answer import Answer, Answers

ROOT = Path(__file__).parents[2]
START_SECONDS = 15.0


@define
class WireProcess:
    """Where it listens, and what it was asked."""

    url: str

    async def received(self) -> list[dict[str, Any]]:
        """Return the requests so far: connection, method, path, headers, body as JSON, when, and how they ended."""
        told: list[dict[str, Any]] = (await asyncio.to_thread(self._ask, "GET", "received"))["received"]
        return told

    async def connections(self) -> int:
        """Return how many connections are open."""
        told: int = (await asyncio.to_thread(self._ask, "GET", "connections"))["connections"]
        return told

    async def follow(self, answers: Answers) -> None:
        """Begin another script."""
        await asyncio.to_thread(self._ask, "PUT", "script", _write(answers))

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        asked = urllib.request.Request(f"{self.url}/-/{path}", method=method, data=body.encode() if body else None)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=10) as answer:
            return json.loads(answer.read())


@asynccontextmanager
async def wire_process(wire: Literal["anthropic", "openai"], answers: Answers = ()) -> AsyncIterator[WireProcess]:
    """Start the server of that format and end it with the block."""
    command = (sys.executable, "-m", f"tests.wire.{wire}", "--script", _write(answers))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        yield WireProcess(line.decode().strip())
    finally:
        process.kill()
        await process.communicate()


def _write(answers: Answers) -> str:
    def list_all(line: Sequence[Answer]) -> list[dict[str, Any]]:
        return [asdict(answer) for answer in line]

    if isinstance(answers, Mapping):
        return json.dumps({model: list_all(line) for model, line in answers.items()})
    return json.dumps(list_all(answers))
