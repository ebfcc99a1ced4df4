"""The lines of docs/clients/ag-ui.md work as they are written."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

from tests.e2e.rig.process import ROOT, GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy, plans
from tests.e2e.rig.scene import log_in

PAGE = ROOT / "docs" / "clients" / "ag-ui.md"
MOST_LINES = 10
SECONDS = 60.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "2000"}


async def test_the_ten_lines_follow_a_run_through_a_lost_connection(tmp_path: Path) -> None:
    (code,) = re.findall(r"```js\n(.*?)```", PAGE.read_text(), re.S)
    script = tmp_path / "ag-ui.mjs"
    script.write_text(code)
    (tmp_path / "node_modules").symlink_to(ROOT / "tests" / "clients" / "node_modules")
    async with GalleyProcess(data=tmp_path / "data", env=ENV) as server, log_in(server) as client:
        async with Proxy(server.port, plans(Plan(after=4000))) as proxy:
            said = await run_script(script, proxy.url, client.headers["Authorization"].removeprefix("Bearer "))
        (run,) = (await client.call("GET", "/runs")).json()["runs"]
        output = (await client.call("GET", f"/runs/{run['run_id']}")).json()["output"]

    assert len([line for line in code.splitlines() if line]) <= MOST_LINES
    assert proxy.connections == 2
    assert (run["prompt"]["name"], said) == ("blog-post", f"{output}\n")


async def run_script(script: Path, url: str, token: str) -> str:
    """Return what a script writes to stdout until it ends well."""
    env = os.environ | {"GALLEY_URL": url, "GALLEY_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        "node", str(script), env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complained.decode()
    return said.decode()
