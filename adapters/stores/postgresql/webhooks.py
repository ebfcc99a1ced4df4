"""Deliveries in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection

from adapters.stores.postgresql.database import Database
from adapters.stores.repeatable import repeatable
from domain.webhook.delivery import Delivery, DeliveryState, status_after

_CLAIM = """
WITH picked AS (
    SELECT deliveries.run, runs.id FROM deliveries JOIN runs ON runs.key = deliveries.run
    WHERE deliveries.status = 'pending' AND deliveries.due_at <= lease_now()
        AND runs.status NOT IN ('queued', 'running') AND deliveries.owner <> ALL($2::text[])
    ORDER BY deliveries.due_at, deliveries.run LIMIT 1 FOR NO KEY UPDATE OF deliveries SKIP LOCKED
)
UPDATE deliveries SET tries = tries + 1, due_at = lease_now() + make_interval(secs => $1)
FROM picked WHERE deliveries.run = picked.run RETURNING picked.id, deliveries.owner, deliveries.tries
"""
_SETTLE = """
UPDATE deliveries SET status = $3, failure = $4, due_at = lease_now() + make_interval(secs => $5)
FROM runs WHERE runs.id = $1 AND deliveries.run = runs.key AND deliveries.status = 'pending' AND deliveries.tries = $2
"""
_FIND = """
SELECT deliveries.status, deliveries.tries, deliveries.failure
FROM deliveries JOIN runs ON runs.key = deliveries.run WHERE runs.id = $1
"""


class PostgresqlWebhookQueue:
    """`WebhookQueue` in PostgreSQL; times are the server's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        """Take one that nobody else takes just now."""
        with repeatable():
            rows = await self._database.write(_CLAIM, lease_seconds, list(passing_over))
        return Delivery(run_id=rows[0]["id"], owner=rows[0]["owner"], tries=rows[0]["tries"]) if rows else None

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        """Set its state."""
        status = status_after(failure, retry_seconds)
        with repeatable():
            await self._database.write(
                _SETTLE, delivery.run_id, delivery.tries, status, failure, float(retry_seconds or 0)
            )

    async def find(self, run_id: str) -> DeliveryState | None:
        """Return its state."""
        rows = await self._database.read(_FIND, run_id)
        if not rows:
            return None
        return DeliveryState(status=rows[0]["status"], tries=rows[0]["tries"], failure=rows[0]["failure"])
