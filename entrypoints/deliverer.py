"""Telling webhooks of runs that have ended: what is due is sent, tried again and at last given up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog
from attrs import define, field

from domain.errors import RunNotFoundError, StoreError, WebhookError
from domain.ports import Clock, WebhookSender
from domain.webhook.delivery import TRIES, Delivery, find_failure, seconds_until_next
from domain.webhook.message import WebhookKeys, encode_message
from entrypoints.house import Store

LOOK_SECONDS: Final = 1.0
"""Pause between two looks for what is due."""
LEASE_SECONDS: Final = 30.0
"""Well beyond what a try may take, after which nobody waits for whoever made it."""
SLOTS: Final = 16
SLOTS_OF_OWNER: Final = 4
"""A receiver that never answers holds up its owner's deliveries and nobody else's."""
LOST: Final = "The service was stopped during the last try."


@define(kw_only=True)
class Deliverer:
    """Sends what is due, several at once, for as long as it is let. What is cut off is due again after its lease."""

    store: Store
    sender: WebhookSender
    keys: WebhookKeys
    clock: Clock
    chance: Callable[[], float]
    _sending: dict[asyncio.Task[None], str] = field(factory=dict, init=False)

    async def work(self) -> None:
        """Deliver for ever."""
        try:
            while True:
                if len(self._sending) >= SLOTS or not await self._begin():
                    await self._pause()
        finally:
            sending = set(self._sending)
            for task in sending:
                task.cancel()
            if sending:
                await asyncio.wait(sending)

    async def _begin(self) -> bool:
        """Begin with the next delivery; False where there is none."""
        owners = Counter(self._sending.values())
        busy = [owner for owner, count in owners.items() if count >= SLOTS_OF_OWNER]
        try:
            delivery = await self.store.webhooks.claim(lease_seconds=LEASE_SECONDS, passing_over=busy)
        except StoreError as error:
            structlog.get_logger().warning("webhooks not looked for", code=error.code, reason=error.message)
            return False
        except Exception:
            structlog.get_logger().exception("webhooks not looked for")
            return False
        if delivery is None:
            return False
        task = asyncio.create_task(self._deliver(delivery), name="webhook")
        self._sending[task] = delivery.owner
        task.add_done_callback(self._sending.pop)
        return True

    async def _pause(self) -> None:
        """Return when a slot is free again, or when it is time to look."""
        pause = asyncio.create_task(self.clock.sleep(LOOK_SECONDS))
        try:
            await asyncio.wait({pause, *self._sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()

    async def _deliver(self, delivery: Delivery) -> None:
        log = structlog.get_logger().bind(run_id=delivery.run_id, tries=delivery.tries)
        try:
            await self._try(delivery, log)
        except RunNotFoundError:
            log.info("webhook dropped with its run")
        except StoreError as error:
            log.warning("webhook put off", code=error.code, reason=error.message)
        except Exception:
            log.exception("webhook put off")

    async def _try(self, delivery: Delivery, log: structlog.typing.FilteringBoundLogger) -> None:
        status, failure = await self._ask(delivery)
        if failure is None:
            await self.store.webhooks.settle(delivery)
            log.info("webhook delivered", status=status)
            return
        pause = seconds_until_next(delivery.tries, status, self.chance)
        await self.store.webhooks.settle(delivery, failure=failure, retry_seconds=pause)
        if pause is None:
            log.warning("webhook given up", failure=failure)
        else:
            log.info("webhook failed", failure=failure, next_in_seconds=round(pause))

    async def _ask(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """Return the receiver's answer, if any, and what is wrong, if anything."""
        if delivery.tries > TRIES:
            # Only a try that ended with its process, or could not be settled, leaves one more than all.
            return None, LOST
        try:
            status = await self._send(delivery)
        except WebhookError as error:
            return None, error.message
        return status, find_failure(status)

    async def _send(self, delivery: Delivery) -> int:
        run, _ = await self.store.runs.get(delivery.run_id)
        url = run.spec.request.webhook
        assert url is not None, "a delivery without a webhook"
        (terminal,) = await self.store.log.read(run.id, after=run.tail - 1, limit=1)
        body = encode_message(terminal)
        headers = self.keys.sign(body, message_id=run.id, user_id=run.owner, time=self.clock.now())
        return await self.sender.post(url, body, headers)
