"""Deliveries in memory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from attrs import evolve

from adapters.stores.memory.state import MemoryRuns
from domain.ports import Clock
from domain.webhook.delivery import Delivery, DeliveryState, status_after


class MemoryWebhookQueue:
    """`WebhookQueue` in memory."""

    def __init__(self, runs: MemoryRuns, clock: Clock) -> None:
        self._runs = runs
        self._clock = clock

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        """Go through all runs."""
        now = self._clock.now()
        due = [
            (state, state.delivery)
            for state in self._runs.newest_first()
            if state.delivery is not None
            and state.delivery.state.status == "pending"
            and state.delivery.due_at <= now
            and state.status.is_terminal
            and state.new.owner not in passing_over
        ]
        if not due:
            return None
        run, first = min(due, key=lambda pair: (pair[1].due_at, pair[0].order))
        tries = first.state.tries + 1
        first.state = evolve(first.state, tries=tries)
        first.due_at = now + timedelta(seconds=lease_seconds)
        return Delivery(run_id=run.new.id, owner=run.new.owner, tries=tries)

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        """Set its state."""
        run = self._runs.get(delivery.run_id)
        held = None if run is None else run.delivery
        if held is None or (held.state.status, held.state.tries) != ("pending", delivery.tries):
            return
        status = status_after(failure, retry_seconds)
        held.state = evolve(held.state, status=status, failure=failure)
        held.due_at = self._clock.now() + timedelta(seconds=retry_seconds or 0)

    async def find(self, run_id: str) -> DeliveryState | None:
        """Return its state."""
        run = self._runs.get(run_id)
        return None if run is None or run.delivery is None else run.delivery.state
