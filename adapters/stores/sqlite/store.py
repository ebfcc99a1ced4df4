"""The SQLite engine put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw

from adapters.stores.local_queue import LEASE_SECONDS, LocalRunQueue
from adapters.stores.sqlite.database import Database, open_database
from adapters.stores.sqlite.ledger import SqliteLedger
from adapters.stores.sqlite.log import SqliteClaims, SqliteRunLog
from adapters.stores.sqlite.prompts import SqlitePromptStore
from adapters.stores.sqlite.runs import Bounds, SqliteRunStore
from adapters.stores.sqlite.sessions import SqliteSessionStore
from adapters.stores.sqlite.users import SqliteUserStore
from adapters.stores.sqlite.webhooks import SqliteWebhookQueue
from adapters.stores.sqlite.writer import ignore
from domain.errors import StoreRefusedError
from domain.ports import Clock

_LIVE = """
SELECT id, owner, key, status, cancel_requested FROM runs WHERE status IN ('queued', 'running') ORDER BY key
"""


class SqliteAdmin:
    """What may be written beside a serving process, prompt sets, users and sessions, and the logs to be read."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.log = SqliteRunLog(database, LocalRunQueue(SqliteClaims(database), clock), clock)
        self.prompts = SqlitePromptStore(database, clock)
        self.users = SqliteUserStore(database)
        self.sessions = SqliteSessionStore(database, clock)

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, clock: Clock) -> AsyncIterator[SqliteAdmin]:
        """Open the file beside whoever serves it; each write waits up to 5 s for the others'.

        Raises:
            StoreRefusedError: As for `SqliteStore`, or its tables would have to change under a serving process.
            StoreUnavailableError: It can't be opened.
        """
        async with open_database(path, is_serving=False, failpoint=ignore) as database:
            yield cls(database, clock)


class SqliteStore:
    """The store of the one process that serves a file; an attribute per port."""

    def __init__(self, database: Database, clock: Clock, *, lease_seconds: float, bounds: Bounds) -> None:
        self._database = database
        self.queue = LocalRunQueue(SqliteClaims(database), clock, lease_seconds=lease_seconds)
        self.depth = self.queue
        self.runs = SqliteRunStore(database, self.queue, bounds)
        self.log = SqliteRunLog(database, self.queue, clock)
        self.ledger = SqliteLedger(database)
        self.webhooks = SqliteWebhookQueue(database, clock)
        self.prompts = SqlitePromptStore(database, clock)
        self.users = SqliteUserStore(database)
        self.sessions = SqliteSessionStore(database, clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        lease_seconds: float = LEASE_SECONDS,
        queue_limit: int | None = None,
        user_live_runs: int | None = None,
        failpoint: Callable[[str], None] = ignore,
    ) -> AsyncIterator[SqliteStore]:
        """Open the file for serving, and write what is pending before it is closed.

        Raises:
            StoreRefusedError: Another process serves it, it is newer than this program, or SQLite is too old.
            StoreUnavailableError: It can't be opened.
            StoreError: It is damaged.
        """
        bounds = Bounds(queue_limit=queue_limit, user_live_runs=user_live_runs)
        async with open_database(path, is_serving=True, failpoint=failpoint) as database:
            store = cls(database, clock, lease_seconds=lease_seconds, bounds=bounds)
            await store._take_up()
            try:
                yield store
            finally:
                await store.log.followers.close()

    @property
    def failure(self) -> StoreRefusedError | None:
        """Why nothing can be written until a restart; None while it can."""
        return self._database.writer.failure

    async def _take_up(self) -> None:
        """Go on where the process before ended: nobody works on the runs that it left running."""
        for run_id, owner, key, status, cancel_requested in await self._database.read(_list_live):
            self.queue.add(
                run_id, owner=owner, order=key, is_queued=status == "queued", cancel_requested=bool(cancel_requested)
            )
        await self.runs.sweep()


def _list_live(db: apsw.Connection) -> list[tuple[Any, ...]]:
    return db.execute(_LIVE).fetchall()
