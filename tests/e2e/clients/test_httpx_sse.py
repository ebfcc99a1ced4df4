"""httpx-sse at a real Galley; it leaves resuming to its user."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
from httpx_sse import aconnect_sse

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import TERMINAL, ClientLaws, Job, Told


async def follow(url: str, token: str, job: Job) -> Told:
    told = Told()
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": job.run_id}
    method, path = ("GET", f"/runs/{job.run_id}/events") if job.body is None else ("POST", "/run/stream")
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
        while True:
            try:
                async with aconnect_sse(http, method, path, json=job.body) as source:
                    if source.response.status_code != 200:
                        return Told(status=source.response.status_code)
                    async for event in source.aiter_sse():
                        http.headers["Last-Event-ID"] = event.id
                        told.data.append(event.data)
                        if event.event in TERMINAL:
                            return told
            except httpx.TransportError:
                pass


class TestHttpxSse(ClientLaws):
    name = "httpx-sse"

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        return await asyncio.gather(*(follow(url, native.token, job) for job in jobs))
