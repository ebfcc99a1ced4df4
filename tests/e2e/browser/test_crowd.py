"""Clients that all lose their connection in one moment come back apart from each other, and nobody misses anything."""

import asyncio
import json
import subprocess
from pathlib import Path

from tests.e2e.browser.desk import Teller
from tests.e2e.browser.press import ECHO, Press
from tests.e2e.rig.process import ROOT
from tests.e2e.rig.proxy import Proxy

CROWD = Path(__file__).parent / "crowd.mjs"
SECONDS = 20.0


def build_client(folder: Path) -> Path:
    """Build the client as one file for Node."""
    path = folder / "client.mjs"
    command = ["node_modules/.bin/rolldown", "src/client/index.ts", "--format", "esm", "--file", str(path)]
    subprocess.run(command, cwd=ROOT / "frontend", check=True, capture_output=True)
    return path


async def test_a_crowd_that_was_cut_off_at_once_is_back_and_whole(tmp_path: Path, is_soak: bool) -> None:
    clients = 500 if is_soak else 40
    env = ECHO | {"GALLEY_WORKERS": str(clients)}
    async with Press(data=tmp_path, env=env) as press, Teller(press.url) as teller, Proxy(press.port) as proxy:
        runs = [await teller.start("note", {"words": f"Kite {number} ⏸falls."}) for number in range(clients)]
        arguments = [str(build_client(tmp_path)), proxy.url, teller.token, *runs]
        crowd = await asyncio.create_subprocess_exec("node", str(CROWD), *arguments, stdout=asyncio.subprocess.PIPE)
        assert crowd.stdout is not None
        try:
            async with asyncio.timeout(SECONDS):
                assert await crowd.stdout.readline() == b"begun\n"
                await proxy.cut_all()
                press.open_gate()
                told = json.loads(await crowd.stdout.read())
        finally:
            if crowd.returncode is None:
                crowd.kill()
            await crowd.wait()

    assert [each["run"] for each in told] == runs
    assert {each["last"] for each in told} == {"complete"}
    assert [each["seqs"] for each in told] == [list(range(1, len(each["seqs"]) + 1)) for each in told]
    # Once each: nobody was refused, or came when it was of no use.
    assert [each["reconnects"] for each in told] == [1] * clients
