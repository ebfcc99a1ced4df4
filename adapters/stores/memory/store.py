"""The memory engine put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.stores.local_queue import LEASE_SECONDS, LocalRunQueue
from adapters.stores.memory.ledger import MemoryLedger
from adapters.stores.memory.log import MemoryClaims, MemoryRunLog
from adapters.stores.memory.prompts import MemoryPromptStore
from adapters.stores.memory.runs import MemoryRunStore
from adapters.stores.memory.state import MemoryRuns
from adapters.stores.memory.users import MemorySessionStore, MemoryUserStore
from adapters.stores.memory.webhooks import MemoryWebhookQueue
from domain.ports import Clock


class MemoryStore:
    """One store that lives as long as its process; an attribute per port."""

    def __init__(
        self,
        *,
        clock: Clock,
        lease_seconds: float = LEASE_SECONDS,
        queue_limit: int | None = None,
        user_live_runs: int | None = None,
    ) -> None:
        runs = MemoryRuns()
        self.queue = LocalRunQueue(MemoryClaims(runs), clock, lease_seconds=lease_seconds)
        self.depth = self.queue
        self.runs = MemoryRunStore(runs, self.queue, queue_limit=queue_limit, user_live_runs=user_live_runs)
        self.log = MemoryRunLog(runs, self.queue, clock)
        self.ledger = MemoryLedger(runs)
        self.webhooks = MemoryWebhookQueue(runs, clock)
        self.prompts = MemoryPromptStore(clock)
        self.users = MemoryUserStore()
        self.sessions = MemorySessionStore(clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        clock: Clock,
        lease_seconds: float = LEASE_SECONDS,
        queue_limit: int | None = None,
        user_live_runs: int | None = None,
    ) -> AsyncIterator[MemoryStore]:
        """Make an empty store, and end its followers at the end."""
        store = cls(clock=clock, lease_seconds=lease_seconds, queue_limit=queue_limit, user_live_runs=user_live_runs)
        try:
            yield store
        finally:
            await store.close()

    async def close(self) -> None:
        """End every follower."""
        await self.log.followers.close()
