"""Clients for Node that are given jobs as one argument, and write what they were told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from attrs import asdict

from tests.e2e.clients.laws import EVENT_TYPES, Job, Told
from tests.e2e.rig.process import ROOT

CLIENTS = ROOT / "tests" / "clients"


async def run_node(program: str, url: str, token: str, jobs: Sequence[Job]) -> list[Told]:
    """Run a program of tests/clients to its end."""
    given = json.dumps({"url": url, "token": token, "types": EVENT_TYPES, "jobs": [asdict(job) for job in jobs]})
    process = await asyncio.create_subprocess_exec("node", program, given, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE)
    try:
        written, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{program} has failed"
    return [Told(**told) for told in json.loads(written)]
