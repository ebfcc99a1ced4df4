"""Telling others of a run's end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from domain.webhook.delivery import Delivery, DeliveryState


class WebhookQueue(Protocol):
    """The deliveries of runs whose request names a webhook; `RunStore.create` makes one with the run, removal takes it.

    One is due as soon as its run has ended.
    """

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        """Take the delivery that has been due for longest and count a try; None where there is none.

        Nobody else gets it for as long as the lease, and whoever comes first after that. Those of the owners in
        `passing_over` stay.

        Raises:
            StoreUnavailableError: Worth retrying; one that was taken all the same is due again after its lease.
        """
        ...

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        """Note what came of a try: delivered, or a failure and in how many seconds it is due again, None to give up.

        Nothing changes where another try has been counted since, where one was settled, and where the run is gone.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...

    async def find(self, run_id: str) -> DeliveryState | None:
        """Return how far a run's delivery is, None where it has none."""
        ...


class WebhookSender(Protocol):
    """The way out to webhooks."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send JSON to a URL once and return the answer's status, whatever it is.

        Raises:
            WebhookError: There was no answer, or nobody may be asked there; worth retrying.
        """
        ...
