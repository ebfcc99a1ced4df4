"""A run of this process alone: admitted, queued and followed without a server or a log-in."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from attrs import define, field

from domain.admission import admit
from domain.run.model import RunRequest
from entrypoints.house import Core
from entrypoints.run_feed import Item

OWNER: Final = "local"


@define
class LocalRun:
    """One run in a core's own store."""

    core: Core
    run_id: str = field(factory=lambda: str(uuid.uuid4()))

    async def follow(self, request: RunRequest) -> AsyncGenerator[Item, None]:
        """Start the run and yield its records up to the terminal one.

        Raises:
            PromptNotFoundError: There is no such prompt set.
            InvalidRequestError: The request can't be accepted.
        """
        core = self.core
        version = await core.store.prompts.find(request.prompt)
        run = admit(request, version, core.rules, owner=OWNER, run_id=self.run_id, now=core.clock.now())
        await core.store.runs.create(run)
        async with aclosing(core.store.log.follow(self.run_id)) as pages:
            async for records in pages:
                for record in records:
                    yield record

    async def cancel(self) -> None:
        """Ask for a cancel; the records then end with `cancelled`."""
        await self.core.canceller.cancel(self.run_id)
