"""Deliveries in Redis."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from adapters.stores.redis.packing import to_text
from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from domain.webhook.delivery import Delivery, DeliveryState, DeliveryStatus, status_after

MICROSECONDS = 1_000_000


class RedisWebhookQueue:
    """`WebhookQueue` in Redis; a delivery is a few fields of its run, and times are the server's."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        """Take one; one script at a time runs, so nobody else takes the same."""
        lease = round(lease_seconds * MICROSECONDS)
        with repeatable():
            found = await self._server.run("claim_delivery", lease, tuple(passing_over))
        if found is None:
            return None
        run_id, owner, tries = found
        return Delivery(run_id=to_text(run_id), owner=to_text(owner), tries=int(tries))

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        """Set its state."""
        status = status_after(failure, retry_seconds)
        retry = round((retry_seconds or 0) * MICROSECONDS)
        with repeatable():
            await self._server.run("settle_delivery", delivery.run_id, delivery.tries, status, failure, retry)

    async def find(self, run_id: str) -> DeliveryState | None:
        """Return its state."""
        with repeatable():
            status, tries, failure = await self._server.run("find_delivery", run_id)
        if status is None:
            return None
        told = None if failure is None else to_text(failure)
        return DeliveryState(status=cast("DeliveryStatus", to_text(status)), tries=int(tries), failure=told)
