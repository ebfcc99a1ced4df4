"""Deliveries in SQLite."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import apsw
import msgspec

from adapters.stores.sqlite.database import Database
from adapters.stores.sqlite.row import to_micros
from domain.ports import Clock
from domain.webhook.delivery import Delivery, DeliveryState, status_after

_DUE = """
SELECT deliveries.run, runs.id, runs.owner FROM deliveries JOIN runs ON runs.key = deliveries.run
WHERE deliveries.status = 'pending' AND deliveries.due_at <= :now AND runs.status NOT IN ('queued', 'running')
    AND deliveries.owner NOT IN (SELECT value FROM json_each(:passing_over))
ORDER BY deliveries.due_at, deliveries.run LIMIT 1
"""
_TAKE = "UPDATE deliveries SET tries = tries + 1, due_at = ? WHERE run = ? RETURNING tries"
_SETTLE = """
UPDATE deliveries SET status = :status, failure = :failure, due_at = :due_at
WHERE run = (SELECT key FROM runs WHERE id = :run_id) AND status = 'pending' AND tries = :tries
"""
_FIND = """
SELECT deliveries.status, deliveries.tries, deliveries.failure
FROM deliveries JOIN runs ON runs.key = deliveries.run WHERE runs.id = ?
"""


class SqliteWebhookQueue:
    """`WebhookQueue` in SQLite; times are the clock's, which goes on while nobody serves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        """Look first, since mostly nothing is due; then take, in the one writer's turn."""
        asked = {"now": self._after(0), "passing_over": msgspec.json.encode(sorted(passing_over)).decode()}
        if await self._database.read(lambda db: db.execute(_DUE, asked).fetchone()) is None:
            return None
        until = self._after(lease_seconds)
        return await self._database.write(lambda db: _take(db, asked, until))

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        """Set its state."""
        values = {
            "run_id": delivery.run_id,
            "tries": delivery.tries,
            "status": status_after(failure, retry_seconds),
            "failure": failure,
            "due_at": self._after(retry_seconds or 0),
        }
        await self._database.write(lambda db: db.execute(_SETTLE, values).get)

    async def find(self, run_id: str) -> DeliveryState | None:
        """Return its state."""
        row = await self._database.read(lambda db: db.execute(_FIND, (run_id,)).fetchone())
        return None if row is None else DeliveryState(status=row[0], tries=row[1], failure=row[2])

    def _after(self, seconds: float) -> int:
        return to_micros(self._clock.now() + timedelta(seconds=seconds))


def _take(db: apsw.Connection, asked: Mapping[str, Any], until: int) -> Delivery | None:
    row = db.execute(_DUE, asked).fetchone()
    if row is None:
        return None
    key, run_id, owner = row
    return Delivery(run_id=run_id, owner=owner, tries=db.execute(_TAKE, (until, key)).get)
