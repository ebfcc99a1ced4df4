"""The Redis engine put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from adapters.stores.claims import Claims
from adapters.stores.creation import Bounds
from adapters.stores.leases import Leases
from adapters.stores.listener import Listener
from adapters.stores.local_queue import LEASE_SECONDS
from adapters.stores.redis.claims import RedisClaims, RedisLeases
from adapters.stores.redis.connection import Access, read_url
from adapters.stores.redis.ear import RedisEar
from adapters.stores.redis.ledger import RedisLedger
from adapters.stores.redis.log import PAGES_AT_ONCE, RedisLogs
from adapters.stores.redis.prompts import RedisPromptStore
from adapters.stores.redis.runs import RedisRunStore
from adapters.stores.redis.scripts import SERVER_TIME, Scripts
from adapters.stores.redis.server import Server, open_server
from adapters.stores.redis.sessions import RedisSessionStore
from adapters.stores.redis.users import RedisUserStore
from adapters.stores.redis.webhooks import RedisWebhookQueue
from adapters.stores.redis.writer import RedisWriter
from adapters.stores.ring import Rings
from adapters.stores.shared_log import SharedRunLog
from adapters.stores.shared_queue import SharedRunQueue
from domain.ports import Clock


class RedisStore:
    """One process's view of a Redis that many may share; an attribute per port."""

    def __init__(self, server: Server, access: Access, clock: Clock, *, lease_seconds: float, bounds: Bounds) -> None:
        sender, rings = uuid4().hex, Rings()
        self._writer = RedisWriter(server, sender)
        claims = RedisClaims(server, sender, lease_seconds=lease_seconds)
        self.server = server
        self.queue = SharedRunQueue(
            claims=Claims(claims, rings),
            leases=Leases(RedisLeases(server, lease_seconds=lease_seconds)),
            engine=claims,
            writer=self._writer,
            rings=rings,
            clock=clock,
            is_told=lambda: self._listener.is_listening,
        )
        self.depth = self.queue
        self.runs = RedisRunStore(server, rings, sender, bounds)
        logs = RedisLogs(server)
        self.log = SharedRunLog(logs, self._writer, rings, clock, pages_at_once=PAGES_AT_ONCE)
        self._listener = Listener(RedisEar(access, server), rings, self.log.followers, sender=sender)
        self.ledger = RedisLedger(server)
        self.webhooks = RedisWebhookQueue(server)
        self.prompts = RedisPromptStore(server, clock)
        self.users = RedisUserStore(server)
        self.sessions = RedisSessionStore(server, clock)
        server.era_ended = self.log.followers.cut_all  # Nobody goes on in a log that may not be the one they have seen.

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
        lease_clock: str = SERVER_TIME,
    ) -> AsyncIterator[RedisStore]:
        """Connect, and write what is pending before closing; `lease_clock` is Lua, see `SERVER_TIME`.

        Raises:
            StoreRefusedError: The URL, the user or the server's settings won't do.
            StoreUnavailableError: Nobody answers.
        """
        bounds = Bounds(queue_limit=queue_limit, user_live_runs=user_live_runs)
        access = read_url(url)
        async with open_server(access, Scripts(lease_clock)) as server:
            store = cls(server, access, clock, lease_seconds=lease_seconds, bounds=bounds)
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
