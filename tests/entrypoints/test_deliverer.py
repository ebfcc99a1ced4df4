"""Telling webhooks: what is tried when, how often, and what others notice of a receiver that does not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, field, frozen

from adapters.clock import settle
from domain.errors import StoreUnavailableError, WebhookError
from domain.ports import RunLog, RunQueue, RunStore, WebhookQueue
from domain.webhook.delivery import PAUSES_SECONDS, TRIES, Delivery, DeliveryState
from entrypoints.deliverer import LEASE_SECONDS, LOOK_SECONDS, LOST, SLOTS, SLOTS_OF_OWNER, Deliverer
from entrypoints.upkeep import owned
from tests.entrypoints.arrangement import House

Headers = dict[str, str]
Logged = Callable[[], list[dict[str, Any]]]
HOOK = "https://hooks.example.com/path?token=s3cret"
SLOW = "https://slow.example.com/"
BROKEN = DeliveryState(status="pending", tries=1, failure="The receiver answered 500.")


@define(eq=False)
class Sender:
    """Answers with what it is given, at last with 200; whoever posts to `SLOW` waits until that is let go."""

    answers: list[int | Exception] = field(factory=list)
    posted: list[tuple[str, Any, str]] = field(factory=list)
    slow: int = 0
    let_go: asyncio.Event = field(factory=asyncio.Event)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.posted.append((url, json.loads(body), headers["webhook-id"]))
        if url == SLOW:
            self.slow += 1
            try:
                await self.let_go.wait()
            finally:
                self.slow -= 1
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def ids(self) -> list[str]:
        return [run_id for _, _, run_id in self.posted]


@asynccontextmanager
async def delivering(house: House, sender: Sender, store: Any = None) -> AsyncIterator[Deliverer]:
    keys = house.services.webhook_keys
    assert keys is not None
    deliverer = Deliverer(store=store or house.store, sender=sender, keys=keys, clock=house.clock, chance=lambda: 0.0)
    async with owned(deliverer.work()):
        await settle()
        yield deliverer


async def end(house: House, headers: Headers, webhook: str = HOOK) -> str:
    """Let a run with a webhook come to its end; return its id."""
    run_id = await house.begin(headers, webhook=webhook)
    await house.complete(run_id)
    return run_id


async def state_of(house: House, run_id: str) -> DeliveryState | None:
    return await house.store.webhooks.find(run_id)


async def test_the_end_of_a_run_is_told_within_a_second(house: House, ann: Headers) -> None:
    sender = Sender()
    async with delivering(house, sender):
        run_id = await end(house, ann)
        await house.clock.advance(LOOK_SECONDS)

    ((url, message, message_id),) = sender.posted
    terminal = (await house.store.log.read(run_id))[-1]
    assert (url, message_id) == (HOOK, run_id)
    assert message == {
        "type": "run.complete",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": json.loads(terminal.data),
    }
    assert await state_of(house, run_id) == DeliveryState(status="delivered", tries=1)


async def test_a_live_run_is_not_told_of(house: House, ann: Headers) -> None:
    sender = Sender()
    await house.begin(ann, webhook=HOOK)

    async with delivering(house, sender):
        await house.clock.advance(60)

    assert sender.posted == []


async def test_a_receiver_that_fails_twice_gets_the_message_the_third_time(house: House, ann: Headers) -> None:
    sender = Sender([500, WebhookError("The receiver could not be reached.")])
    run_id = await end(house, ann)
    async with delivering(house, sender):
        assert (len(sender.posted), await state_of(house, run_id)) == (1, BROKEN)

        await house.clock.advance(4)
        assert len(sender.posted) == 1
        await house.clock.advance(2)
        failure = "The receiver could not be reached."
        assert await state_of(house, run_id) == DeliveryState(status="pending", tries=2, failure=failure)

        await house.clock.advance(298)
        assert len(sender.posted) == 2
        await house.clock.advance(3)

    assert sender.ids == [run_id] * 3
    assert await state_of(house, run_id) == DeliveryState(status="delivered", tries=3)


async def test_after_the_last_try_the_delivery_is_given_up(house: House, ann: Headers) -> None:
    sender = Sender([500] * 100)
    run_id = await end(house, ann)

    async def look_after(seconds: float) -> int:
        # Days pass while nobody looks, since every look takes a moment.
        await house.clock.advance(seconds)
        async with delivering(house, sender):
            return len(sender.posted)

    tried = [await look_after(0)]
    for pause in PAUSES_SECONDS:
        tried += [await look_after(pause - 1), await look_after(1)]
    tried.append(await look_after(1e6))

    assert tried == [1, *(count for n in range(1, TRIES) for count in (n, n + 1)), TRIES]
    failure = "The receiver answered 500."
    assert await state_of(house, run_id) == DeliveryState(status="given_up", tries=TRIES, failure=failure)


async def test_a_receiver_that_is_gone_is_not_tried_again(house: House, ann: Headers) -> None:
    sender = Sender([410])
    run_id = await end(house, ann)

    async with delivering(house, sender):
        await house.clock.advance(10)

    assert len(sender.posted) == 1
    failure = "The receiver answered 410."
    assert await state_of(house, run_id) == DeliveryState(status="given_up", tries=1, failure=failure)


async def test_a_receiver_that_never_answers_holds_up_nobody_else(house: House, ann: Headers, bob: Headers) -> None:
    sender = Sender()
    for _ in range(3 * SLOTS_OF_OWNER):
        await end(house, ann, SLOW)
    async with delivering(house, sender):
        told = [await end(house, bob) for _ in range(20)]
        await house.clock.advance(LOOK_SECONDS)

        assert sender.slow == SLOTS_OF_OWNER
        assert [one for one in sender.ids if one in told] == told
        sender.let_go.set()
        await settle()

    assert len(set(sender.ids)) == 3 * SLOTS_OF_OWNER + 20


async def test_no_more_than_so_many_are_under_way_at_once(house: House) -> None:
    sender = Sender()
    for n in range(SLOTS):
        headers = await house.log_in(f"user-{n}")
        for _ in range(2):
            await end(house, headers, SLOW)

    async with delivering(house, sender):
        await house.clock.advance(3 * LOOK_SECONDS)
        assert sender.slow == SLOTS
        sender.let_go.set()
        await house.clock.advance(LOOK_SECONDS)

    assert sorted(sender.ids) == sorted(set(sender.ids))
    assert len(sender.ids) == 2 * SLOTS


async def test_what_is_under_way_at_the_end_is_cut_off_and_due_again(house: House, ann: Headers) -> None:
    sender = Sender()
    run_id = await end(house, ann, SLOW)
    async with delivering(house, sender):
        assert sender.slow == 1
    assert sender.slow == 0
    assert await state_of(house, run_id) == DeliveryState(status="pending", tries=1)

    sender.let_go.set()
    async with delivering(house, sender):
        await house.clock.advance(LEASE_SECONDS - 1)
        assert len(sender.posted) == 1
        await house.clock.advance(2)

    assert sender.ids == [run_id] * 2
    assert await state_of(house, run_id) == DeliveryState(status="delivered", tries=2)


async def test_a_delivery_whose_process_always_dies_is_given_up_at_last(house: House, ann: Headers) -> None:
    run_id = await end(house, ann)
    for _ in range(TRIES):
        assert await house.store.webhooks.claim(lease_seconds=0) is not None
    sender = Sender()

    async with delivering(house, sender):
        await house.clock.advance(LOOK_SECONDS)

    assert sender.posted == []
    assert await state_of(house, run_id) == DeliveryState(status="given_up", tries=TRIES + 1, failure=LOST)


async def test_a_fault_of_ours_ends_one_try_and_not_the_work(house: House, ann: Headers, logged: Logged) -> None:
    sender = Sender([RuntimeError("a fault")])
    first = await end(house, ann)
    async with delivering(house, sender):
        second = await end(house, ann)
        await house.clock.advance(LEASE_SECONDS + 2)

    assert sender.ids == [first, second, first]
    assert [line["event"] for line in logged()] == ["webhook put off", "webhook delivered", "webhook delivered"]


async def test_a_run_that_is_deleted_takes_its_delivery_along(house: House, ann: Headers) -> None:
    sender = Sender()
    run_id = await end(house, ann, SLOW)
    async with delivering(house, sender):
        await house.store.runs.delete(run_id)
        sender.let_go.set()
        await house.clock.advance(LEASE_SECONDS + 2)

    assert len(sender.posted) == 1


async def test_the_log_says_what_came_of_it_and_nothing_of_the_url(house: House, ann: Headers, logged: Logged) -> None:
    sender = Sender([500, 410])
    run_id = await end(house, ann)
    async with delivering(house, sender):
        await house.clock.advance(10)
        await end(house, ann)
        await house.clock.advance(2)

    lines = [{name: line.get(name) for name in ("event", "tries", "failure", "level")} for line in logged()]
    assert lines == [
        {"event": "webhook failed", "tries": 1, "failure": "The receiver answered 500.", "level": "info"},
        {"event": "webhook given up", "tries": 2, "failure": "The receiver answered 410.", "level": "warning"},
        {"event": "webhook delivered", "tries": 1, "failure": None, "level": "info"},
    ]
    assert logged()[0]["run_id"] == run_id
    assert "s3cret" not in str(logged())
    assert "hooks.example.com" not in str(logged())


@frozen
class Flaky:
    """A queue whose first calls of some kind fail."""

    inner: WebhookQueue
    failing: list[str]

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        self._fail("claim")
        return await self.inner.claim(lease_seconds=lease_seconds, passing_over=passing_over)

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        self._fail("settle")
        await self.inner.settle(delivery, failure=failure, retry_seconds=retry_seconds)

    async def find(self, run_id: str) -> DeliveryState | None:
        return await self.inner.find(run_id)

    def _fail(self, name: str) -> None:
        if name in self.failing:
            self.failing.remove(name)
            raise StoreUnavailableError("The store is away.")


@frozen
class FlakyStore:
    """A store with such a queue."""

    runs: RunStore
    log: RunLog
    queue: RunQueue
    webhooks: WebhookQueue


@pytest.mark.parametrize(("failing", "tries"), [(["claim"] * 3, 1), (["settle"], 2)])
async def test_a_store_that_is_away_for_a_while_delays_and_loses_nothing(
    house: House, ann: Headers, failing: list[str], tries: int
) -> None:
    store, sender = house.store, Sender()
    run_id = await end(house, ann)
    flaky = FlakyStore(store.runs, store.log, store.queue, Flaky(store.webhooks, failing))

    async with delivering(house, sender, flaky):
        await house.clock.advance(LEASE_SECONDS + 2)

    assert sender.ids == [run_id] * tries
    assert await state_of(house, run_id) == DeliveryState(status="delivered", tries=tries)
