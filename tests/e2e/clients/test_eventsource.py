"""eventsource (npm) at a real Galley: it reconnects and resumes by itself, also where it posts."""

from __future__ import annotations

from collections.abc import Sequence

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import ClientLaws, Job, Told
from tests.e2e.clients.native_node import run_node


class TestEventsource(ClientLaws):
    name = "eventsource"

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        return await run_node("eventsource.mjs", url, native.token, jobs)
