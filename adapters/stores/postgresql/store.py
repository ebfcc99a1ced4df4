"""The PostgreSQL engine put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from adapters.stores.claims import Claims
from adapters.stores.creation import Bounds
from adapters.stores.leases import Leases
from adapters.stores.listener import Listener
from adapters.stores.local_queue import LEASE_SECONDS
from adapters.stores.postgresql.claims import PostgresqlClaims
from adapters.stores.postgresql.database import Database, open_database
from adapters.stores.postgresql.ear import PostgresqlEar
from adapters.stores.postgresql.leases import PostgresqlLeases
from adapters.stores.postgresql.ledger import PostgresqlLedger
from adapters.stores.postgresql.log import PAGES_AT_ONCE, PostgresqlLogs
from adapters.stores.postgresql.migration import migrate
from adapters.stores.postgresql.prompts import PostgresqlPromptStore
from adapters.stores.postgresql.runs import PostgresqlRunStore
from adapters.stores.postgresql.sessions import PostgresqlSessionStore
from adapters.stores.postgresql.users import PostgresqlUserStore
from adapters.stores.postgresql.webhooks import PostgresqlWebhookQueue
from adapters.stores.postgresql.writer import PostgresqlWriter
from adapters.stores.ring import Rings
from adapters.stores.shared_log import SharedRunLog
from adapters.stores.shared_queue import SharedRunQueue
from domain.ports import Clock


class PostgresqlStore:
    """One process's view of a database that many may share; an attribute per port."""

    def __init__(self, database: Database, url: str, clock: Clock, *, lease_seconds: float, bounds: Bounds) -> None:
        sender, rings = uuid4().hex, Rings()
        self._writer = PostgresqlWriter(database, sender)
        claims = PostgresqlClaims(database, sender, lease_seconds=lease_seconds)
        self.database = database
        self.queue = SharedRunQueue(
            claims=Claims(claims, rings),
            leases=Leases(PostgresqlLeases(database, lease_seconds=lease_seconds)),
            engine=claims,
            writer=self._writer,
            rings=rings,
            clock=clock,
            is_told=lambda: self._listener.is_listening,
        )
        self.depth = self.queue
        self.runs = PostgresqlRunStore(database, rings, sender, bounds)
        logs = PostgresqlLogs(database)
        self.log = SharedRunLog(logs, self._writer, rings, clock, pages_at_once=PAGES_AT_ONCE)
        self._listener = Listener(PostgresqlEar(url), rings, self.log.followers, sender=sender)
        self.ledger = PostgresqlLedger(database)
        self.webhooks = PostgresqlWebhookQueue(database)
        self.prompts = PostgresqlPromptStore(database, clock)
        self.users = PostgresqlUserStore(database)
        self.sessions = PostgresqlSessionStore(database, clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        clock: Clock,
        lease_seconds: float = LEASE_SECONDS,
        queue_limit: int | None = None,
        user_live_runs: int | None = None,
    ) -> AsyncIterator[PostgresqlStore]:
        """Connect, bring the tables to this program's version, and write what is pending before closing.

        Raises:
            StoreRefusedError: The URL, the role, the server's version or the tables' won't do.
            StoreUnavailableError: Nobody answers.
        """
        bounds = Bounds(queue_limit=queue_limit, user_live_runs=user_live_runs)
        async with open_database(url) as database:
            await migrate(database)
            store = cls(database, url, clock, lease_seconds=lease_seconds, bounds=bounds)
            store._listener.start()
            try:
                yield store
            finally:
                await store._close()

    @property
    def is_listening(self) -> bool:
        """Whether it hears at once what other processes do; else it finds out by looking, once a second."""
        return self._listener.is_listening

    async def _close(self) -> None:
        await self._listener.close()
        await self.log.close()
        await self._writer.close()
        await self.queue.close()
