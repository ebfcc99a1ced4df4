"""websockets at a real Galley, over one socket for all runs; more of it is in tests/e2e/test_websocket.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import TERMINAL, ClientLaws, Job, Told


async def follow(url: str, token: str, job: Job) -> Told:
    told, last_id = Told(), ""
    protocols = [Subprotocol("galley.v1"), Subprotocol(f"bearer.{token}")]
    while True:
        try:
            async with connect(f"ws{url.removeprefix('http')}/ws", subprotocols=protocols, proxy=None) as socket:
                await ask(socket, job, last_id)
                async for message in socket:
                    text = str(message)
                    frame = json.loads(text)
                    if frame["event"] == "refused":
                        return Told(status=frame["data"]["status"])
                    if "id" in frame:
                        last_id = frame["id"]
                        told.data.append(text.partition(',"data":')[2][:-1])
                    if frame["event"] in TERMINAL:
                        return told
        except (WebSocketException, OSError, EOFError):
            pass


async def ask(socket: ClientConnection, job: Job, last_id: str) -> None:
    if job.body is None or last_id:
        after = {"after": last_id} if last_id else {}
        await socket.send(json.dumps({"type": "follow", "run_id": job.run_id, **after}))
    else:
        await socket.send(json.dumps({"type": "start", "run": job.body, "key": job.run_id}))


class TestWebsockets(ClientLaws):
    name = "websockets"

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        return await asyncio.gather(*(follow(url, native.token, job) for job in jobs))
