"""Runs that begin over some time, each followed by a client of its own to its end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from attrs import field, frozen

from tests.e2e.rig.client import ClientLog, GalleyClient
from tests.e2e.rig.scene import ask

PATIENCE_SECONDS = 180.0


@frozen(kw_only=True)
class Load:
    """What is under way; `logs` grow while it is."""

    logs: list[ClientLog] = field(factory=list)
    tasks: list[asyncio.Task[ClientLog]] = field(factory=list)

    def begin(
        self, clients: Sequence[GalleyClient], runs: int, *, chance: random.Random, seconds: float, name: str = "Kites"
    ) -> None:
        """Let so many runs begin within `seconds`, every other one resumed by POST."""
        for number in range(runs):
            client = clients[number % len(clients)]
            log = ClientLog(user=client.user)
            self.logs.append(log)
            follow = _follow(client, f"{name}, number {number}", log, number, chance.uniform(0, seconds))
            self.tasks.append(asyncio.create_task(follow))

    async def until_under_way(self, events: int = 6) -> None:
        """Wait until every client was shown some events."""
        await asyncio.gather(*(log.until(lambda seen: len(seen.frames) >= events) for log in self.logs))

    async def end(self) -> None:
        """Wait until every run has ended for its client."""
        await asyncio.gather(*self.tasks)

    def reasons(self) -> set[str]:
        """Return why stages were begun again."""
        return {event["reason"] for log in self.logs for event in log.events if event["type"] == "restarted"}


async def _follow(client: GalleyClient, topic: str, log: ClientLog, number: int, delay: float) -> ClientLog:
    await asyncio.sleep(delay)
    resume = "get" if number % 2 else "post"
    return await client.follow_new(
        ask(topic), key=topic.replace(" ", "-"), resume=resume, log=log, seconds=PATIENCE_SECONDS
    )
