"""A program for Node that reads commands as lines of JSON and answers each, whenever it is done with it."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

from attrs import define, field

from tests.e2e.rig.process import ROOT

CLIENTS = ROOT / "tests" / "clients"
PATIENCE_SECONDS = 60.0
LONGEST_LINE = 64 * 1024 * 1024


@define
class NodeClient:
    """Ask it many things at once; each answer finds its question."""

    _process: Process
    _refs: count[int] = field(factory=lambda: count(1))
    _waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(factory=dict)

    async def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a command."""
        assert self._process.stdin is not None
        ref = next(self._refs)
        answer = self._waiting[ref] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"ref": ref, **command}).encode() + b"\n")
        return await asyncio.wait_for(answer, PATIENCE_SECONDS)

    async def hear(self) -> None:
        """Give answers to those who wait, until the program ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            self._waiting.pop(told.pop("ref")).set_result(told)
        for waiting in self._waiting.values():
            waiting.set_exception(AssertionError("the program has ended"))


@asynccontextmanager
async def node_client(program: str) -> AsyncIterator[NodeClient]:
    """Run a program of tests/clients; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        "node", str(CLIENTS / program), stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE, cwd=CLIENTS
    )
    client = NodeClient(process)
    hearing = asyncio.create_task(client.hear())
    try:
        yield client
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await hearing
