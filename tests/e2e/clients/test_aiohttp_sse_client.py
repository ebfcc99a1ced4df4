"""aiohttp-sse-client at a real Galley; what breaks its connection reaches its user, who opens another one."""

from __future__ import annotations

import asyncio
import gc
import re
import warnings
from collections.abc import Sequence

from aiohttp import ClientError, ClientSession
from aiohttp_sse_client.client import EventSource

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import TERMINAL, ClientLaws, Job, Told


async def follow(session: ClientSession, url: str, token: str, job: Job) -> Told:
    told = Told()
    path = f"/runs/{job.run_id}/events" if job.body is None else "/run/stream"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": job.run_id}
    while True:
        # It puts the last id into the very headers that it is given, and so would into those of other calls.
        source = EventSource(
            url + path,
            option={"method": "GET" if job.body is None else "POST"},
            session=session,
            headers=headers,
            json=job.body,
        )
        try:
            async with source:
                async for event in source:
                    headers["Last-Event-Id"] = event.last_event_id
                    told.data.append(event.data)
                    if event.type in TERMINAL:
                        return told
        except ConnectionError as error:
            if refused := re.search(r"failed: (\d+)$", str(error)):
                return Told(status=int(refused[1]))
        except ClientError:
            pass


class TestAiohttpSseClient(ClientLaws):
    name = "aiohttp-sse-client"

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        with warnings.catch_warnings():
            # It leaves the connection of an answer that it refuses to the collector, which complains.
            warnings.simplefilter("ignore", ResourceWarning)
            async with ClientSession() as session:
                told = await asyncio.gather(*(follow(session, url, native.token, job) for job in jobs))
            gc.collect()
        return told
