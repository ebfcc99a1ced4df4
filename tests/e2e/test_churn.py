"""Clients that come and go, ten thousand times: nothing of them is kept (F36)."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.e2e.rig.client import ClientLog, GalleyClient
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in
from tests.e2e.serving import get, upgrade
from tests.e2e.test_stalled import settle_memory

AT_ONCE = 20
MOST_GROWTH = 0.01
"""Of the resident memory, over 10,000 connections; the first 30,000 fill caches and the allocator's arenas."""
SMALL_GROWTH_KILOBYTES = 8192
"""Of 400 connections: what one of them leaves behind is far more than 20 kB."""
BACK_SECONDS = 30.0
BODY = ask("Kites that fly for long")
KEY = "churn"


def make_requests(client: GalleyClient, run_id: str) -> list[Callable[[], bytes]]:
    """Return the ways in which somebody begins something and leaves in the middle of it."""
    token = f"Authorization: {client.headers['Authorization']}"
    body = json.dumps(BODY)
    post = "\r\n".join(
        [
            "POST /run/stream HTTP/1.1",
            "Host: localhost",
            token,
            "Content-Type: application/json",
            f"Idempotency-Key: {KEY}",
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
    ).encode()
    return [
        lambda: get(f"/runs/{run_id}/events", token),
        lambda: get(f"/runs/{run_id}/events", token, "Accept: application/x-ndjson"),
        lambda: get("/events", token),
        lambda: post,
        lambda: post.replace(b"/run/stream", b"/run"),
        lambda: post[:-5],
        lambda: get("/runs", token),
        lambda: upgrade(f"Sec-WebSocket-Protocol: galley.v1, bearer.{client.headers['Authorization'].split()[1]}"),
        lambda: b"GET /events HTT",
    ]


async def come_and_go(port: int, request: bytes, *, reads: bool, resets: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(OSError):
        writer.write(request)
        await writer.drain()
        if reads:
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(2000), 0.2)
    if resets:
        writer.transport.abort()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def churn(server: GalleyProcess, client: GalleyClient, chance: random.Random, count: int) -> None:
    """Open so many connections, some at a time, and leave each of them somehow."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            request = requests[number % len(requests)]()
            await come_and_go(server.port, request, reads=chance.random() < 0.5, resets=chance.random() < 0.5)

    answer = await client.call("POST", "/run", headers={"Prefer": "respond-async", "Idempotency-Key": KEY}, json=BODY)
    requests = make_requests(client, answer.json()["run_id"])
    await asyncio.gather(*(one(number) for number in range(count)))


async def until_closed(server: GalleyProcess, at_most: int) -> None:
    """Wait until no more descriptors are open than that."""
    async with asyncio.timeout(BACK_SECONDS):
        while server.open_descriptors() > at_most:
            await asyncio.sleep(0.05)


async def test_clients_that_come_and_go_leave_nothing_behind(
    tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    count, before = (10_000, 30_000) if is_soak else (400, 400)
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "2", "GALLEY_WORKERS": "4"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        descriptors = server.open_descriptors() + 2
        await churn(server, client, chance, before)
        await until_closed(server, descriptors)
        memory = await settle_memory(server)
        await churn(server, client, chance, count)
        await until_closed(server, descriptors)
        grown = await settle_memory(server) - memory
        log = ClientLog(user=client.user)
        following = asyncio.create_task(client.follow_new(BODY, key=KEY, log=log))
        await log.until(lambda known: known.run_id is not None)
        await client.call("POST", f"/runs/{log.run_id}/cancel")
        await following
        evidence = assert_nothing_broke(server, [log])
        assert "Traceback" not in server.stderr

    assert len(evidence.states) == 1
    assert grown < (MOST_GROWTH * memory if is_soak else SMALL_GROWTH_KILOBYTES), f"{grown} kB of {memory} kB"
