"""Webhooks of a real service: over its death, to a receiver that fails, and to the one that the documentation shows."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.process import ROOT, GalleyProcess, find_free_port
from tests.e2e.rig.scene import log_in
from tests.receiver import PATIENCE_SECONDS, Received, Receiver, answer, receiving

WITHOUT: Mapping[str, str] = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "0"}
WITH: Mapping[str, str] = {
    **WITHOUT,
    "GALLEY_WEBHOOK_SECRET": "a key for tests 0123456789 abcdefghij".replace(" ", "-"),
    "GALLEY_WEBHOOK_HOSTS": "127.0.0.1",
}
FRONT: Mapping[str, str] = {**WITH, "GALLEY_WORKERS": "0"}


async def start(client: GalleyClient, url: str) -> str:
    body = {"prompt": "blog-post", "inputs": {"topic": "Kites"}, "webhook": url}
    started = await client.call("POST", "/run", headers={"Prefer": "respond-async"}, json=body)
    assert started.status_code == 202, started.text
    return str(started.json()["run_id"])


async def read_secret(client: GalleyClient) -> str:
    return str((await client.call("GET", "/webhook-secret")).json()["secrets"][0])


async def wait_for_delivery(client: GalleyClient, run_id: str, **wanted: Any) -> None:
    """Look at the run's record until its delivery is like that."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            delivery = (await client.call("GET", f"/runs/{run_id}")).json()["delivery"]
            if delivery.items() >= wanted.items():
                return
            await asyncio.sleep(0.05)


async def assert_told(client: GalleyClient, run_id: str, received: Received) -> None:
    """Verify a message as any receiver would, and compare it with what the run's own stream says."""
    message = Webhook(await read_secret(client)).verify(received.body, received.headers)
    log = await client.follow(run_id)
    assert message["type"] == "run.complete"
    assert message["data"] == log.events[-1]
    assert received.headers["webhook-id"] == run_id


async def test_a_run_that_ended_before_the_service_was_killed_is_told_by_the_next(tmp_path: Path) -> None:
    # Three lives: one takes the request, one without a key ends the run and dies, one finds what is owed.
    async with receiving() as receiver, GalleyProcess(data=tmp_path, env=FRONT) as server, log_in(server) as client:
        run_id = await start(client, receiver.url)
        server.env = WITHOUT
        await server.restart()
        await client.follow(run_id)
        assert receiver.connections == 0
        server.env = WITH
        await server.restart()

        await assert_told(client, run_id, await receiver.next())
        await wait_for_delivery(client, run_id, status="delivered", tries=1)


async def test_a_try_that_failed_is_made_again_by_the_next_life_of_the_service(tmp_path: Path) -> None:
    async with (
        receiving([answer(500)]) as receiver,
        GalleyProcess(data=tmp_path, env=WITH) as server,
        log_in(server) as client,
    ):
        run_id = await start(client, receiver.url)
        first = await receiver.next()
        await wait_for_delivery(client, run_id, status="pending", tries=1, failure="The receiver answered 500.")
        await server.restart()
        second = await receiver.next()

        for received in (first, second):
            await assert_told(client, run_id, received)
        await wait_for_delivery(client, run_id, status="delivered", tries=2, failure=None)
        assert first.body == second.body
        assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 4
        assert "s3cret" not in server.stdout + server.stderr


@asynccontextmanager
async def documented_receiver(folder: Path, secret: str) -> AsyncIterator[tuple[Receiver, asyncio.StreamReader]]:
    """Run the receiver of docs/webhooks.md as it stands there, but for its port; give its place and what it prints."""
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL)
    port = find_free_port()
    file = folder / "receiver.py"
    file.write_text(program.replace("9000", str(port)))
    environ = {**os.environ, "WEBHOOK_SECRET": secret}
    process = await asyncio.create_subprocess_exec(
        sys.executable, file, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        yield Receiver(port=port), process.stdout
    finally:
        process.kill()
        await process.wait()


async def test_the_receiver_of_the_documentation_works_as_written(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path / "data", env=WITH) as server, log_in(server) as client:
        async with documented_receiver(tmp_path, await read_secret(client)) as (receiver, printed):
            run_id = await start(client, receiver.url)
            line = await asyncio.wait_for(printed.readline(), PATIENCE_SECONDS)

            assert line.decode() == f"{run_id} run.complete\n"
            await wait_for_delivery(client, run_id, status="delivered")

        async with documented_receiver(tmp_path, "whsec_b3RoZXI=") as (wrong, _):
            refused = await start(client, wrong.url)
            await wait_for_delivery(client, refused, status="pending", failure="The receiver answered 401.")
