"""eventsource-parser over fetch at a real Galley; it leaves resuming to its user."""

from __future__ import annotations

from collections.abc import Sequence

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import ClientLaws, Job, Told
from tests.e2e.clients.native_node import run_node


class TestEventsourceParser(ClientLaws):
    name = "eventsource-parser"

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        return await run_node("eventsource_parser.mjs", url, native.token, jobs)
