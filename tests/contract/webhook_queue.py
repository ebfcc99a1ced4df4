"""The laws of `WebhookQueue`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.clock import START, ManualClock
from domain.errors import RunNotFoundError
from domain.run.model import Finish, NewRun, RunStatus
from domain.webhook.delivery import Delivery, DeliveryState
from tests.contract.store import (
    COMPLETE,
    OpenStore,
    Store,
    StoreContract,
    finish_run,
    make_record,
    make_run,
    start_run,
)

LEASE_SECONDS = 30.0


def with_webhook(run_id: str = "run-1", *, webhook: str = "https://hooks.example.com/", **changes: Any) -> NewRun:
    """Make a run whose request names a webhook."""
    run = make_run(run_id, **changes)
    request = evolve(run.spec.request, webhook=webhook)
    return evolve(run, spec=evolve(run.spec, request=request))


async def end(store: Store, run_id: str, finish: Finish = COMPLETE) -> None:
    """Claim a run that is there and end it."""
    lease = await store.queue.claim("worker", wait_seconds=0, run_id=run_id)
    assert lease is not None
    await store.log.append(lease, [make_record(run_id, 2, epoch=lease.epoch, kind=str(finish.status))], finish=finish)


async def owe(store: Store, run_id: str = "run-1", **changes: Any) -> None:
    """Let a run with a webhook come to its end."""
    await store.runs.create(with_webhook(run_id, **changes))
    await end(store, run_id)


async def claim(store: Store, passing_over: Collection[str] = ()) -> Delivery | None:
    return await store.webhooks.claim(lease_seconds=LEASE_SECONDS, passing_over=passing_over)


async def take(store: Store) -> Delivery:
    delivery = await claim(store)
    assert delivery is not None
    return delivery


class WebhookQueueContract(StoreContract):
    async def test_a_run_that_has_ended_owes_its_delivery_to_one_who_asks(self, store: Store) -> None:
        await owe(store)

        assert await claim(store) == Delivery(run_id="run-1", owner="ann", tries=1)
        assert await claim(store) is None

    @pytest.mark.parametrize("status", [RunStatus.COMPLETE, RunStatus.ERROR, RunStatus.CANCELLED])
    async def test_every_end_is_told_of(self, store: Store, status: RunStatus) -> None:
        await store.runs.create(with_webhook())
        await end(store, "run-1", Finish(status=status))

        assert await claim(store) is not None

    async def test_a_live_run_owes_nothing_yet(self, store: Store) -> None:
        await store.runs.create(with_webhook("run-1"))
        await store.runs.create(with_webhook("run-2"))
        assert await store.queue.claim("worker", wait_seconds=0, run_id="run-2") is not None

        assert await claim(store) is None
        assert await store.webhooks.find("run-1") == DeliveryState()

    async def test_a_run_without_a_webhook_never_owes_anything(self, store: Store) -> None:
        await finish_run(store)

        assert await claim(store) is None
        assert await store.webhooks.find("run-1") is None

    async def test_a_run_that_is_not_there_has_no_delivery(self, store: Store) -> None:
        assert await store.webhooks.find("run-1") is None

    async def test_asking_for_the_same_run_again_owes_nothing_more(self, store: Store) -> None:
        await owe(store)
        await store.webhooks.settle(await take(store))

        await store.runs.create(with_webhook())

        assert await claim(store) is None
        assert await store.webhooks.find("run-1") == DeliveryState(status="delivered", tries=1)

    async def test_a_claim_is_over_when_its_lease_is(self, store: Store, clock: ManualClock) -> None:
        await owe(store)
        await take(store)

        await clock.advance(LEASE_SECONDS - 0.1)
        assert await claim(store) is None
        await clock.advance(0.1)

        assert await claim(store) == Delivery(run_id="run-1", owner="ann", tries=2)

    async def test_what_was_delivered_is_never_claimed_again(self, store: Store, clock: ManualClock) -> None:
        await owe(store)

        await store.webhooks.settle(await take(store))
        await clock.advance(1e6)

        assert await claim(store) is None
        assert await store.webhooks.find("run-1") == DeliveryState(status="delivered", tries=1)

    async def test_what_was_given_up_is_never_claimed_again(self, store: Store, clock: ManualClock) -> None:
        await owe(store)

        await store.webhooks.settle(await take(store), failure="The receiver answered 410.")
        await clock.advance(1e6)

        assert await claim(store) is None
        failure = "The receiver answered 410."
        assert await store.webhooks.find("run-1") == DeliveryState(status="given_up", tries=1, failure=failure)

    async def test_a_try_that_failed_is_due_again_when_it_was_said(self, store: Store, clock: ManualClock) -> None:
        await owe(store)

        await store.webhooks.settle(await take(store), failure="Broken.", retry_seconds=300)

        assert await store.webhooks.find("run-1") == DeliveryState(status="pending", tries=1, failure="Broken.")
        await clock.advance(299.9)
        assert await claim(store) is None
        await clock.advance(0.1)
        assert await claim(store) == Delivery(run_id="run-1", owner="ann", tries=2)

    async def test_a_delivery_that_came_through_forgets_its_failure(self, store: Store, clock: ManualClock) -> None:
        await owe(store)
        await store.webhooks.settle(await take(store), failure="Broken.", retry_seconds=5)
        await clock.advance(5)

        await store.webhooks.settle(await take(store))

        assert await store.webhooks.find("run-1") == DeliveryState(status="delivered", tries=2)

    async def test_whoever_was_late_changes_nothing(self, store: Store, clock: ManualClock) -> None:
        await owe(store)
        late = await take(store)
        await clock.advance(LEASE_SECONDS)
        second = await take(store)

        await store.webhooks.settle(late, failure="Broken.")
        assert await store.webhooks.find("run-1") == DeliveryState(status="pending", tries=2)

        await store.webhooks.settle(second)
        await store.webhooks.settle(second, failure="Broken.", retry_seconds=0)
        assert await store.webhooks.find("run-1") == DeliveryState(status="delivered", tries=2)
        assert await claim(store) is None

    async def test_what_has_been_due_for_longest_comes_first(self, store: Store, clock: ManualClock) -> None:
        for n in range(3):
            await owe(store, f"run-{n}", created_at=START + timedelta(seconds=n))
            await clock.advance(1)
        first = await take(store)
        await store.webhooks.settle(first, failure="Broken.", retry_seconds=0)

        assert first.run_id == "run-0"
        assert [(await take(store)).run_id for _ in range(3)] == ["run-1", "run-2", "run-0"]

    async def test_owners_who_have_enough_are_passed_over(self, store: Store) -> None:
        for n in range(3):
            await owe(store, f"ann-{n}", owner="ann")
        await owe(store, "bob-0", owner="bob")

        assert await claim(store, ["ann"]) == Delivery(run_id="bob-0", owner="bob", tries=1)
        assert await claim(store, ["ann", "zoe"]) is None
        assert await claim(store, ["bob"]) == Delivery(run_id="ann-0", owner="ann", tries=1)

    async def test_many_who_claim_at_once_get_each_delivery_once(self, store: Store) -> None:
        for n in range(8):
            await owe(store, f"run-{n}")

        taken: list[Delivery] = []
        while some := [one for one in await asyncio.gather(*(claim(store) for _ in range(12))) if one is not None]:
            taken += some

        assert Counter(one.run_id for one in taken) == Counter({f"run-{n}": 1 for n in range(8)})

    async def test_a_run_that_is_removed_takes_its_delivery_along(self, store: Store, clock: ManualClock) -> None:
        await owe(store, "run-1")
        await owe(store, "run-2")
        first = await take(store)

        await store.runs.delete("run-1")
        assert await store.runs.purge(START + timedelta(days=1)) == 1
        await store.webhooks.settle(first, failure="Broken.", retry_seconds=0)
        await clock.advance(LEASE_SECONDS)

        assert await claim(store) is None
        assert await store.webhooks.find("run-1") is None
        with pytest.raises(RunNotFoundError):
            await store.runs.get("run-1")

    async def test_a_run_that_was_refused_owes_nothing(self, open_store: OpenStore) -> None:
        async with open_store(queue_limit=1) as store:
            await store.runs.create(make_run("run-1"))
            with pytest.raises(Exception, match="queued"):
                await store.runs.create(with_webhook("run-2"))

            assert await store.webhooks.find("run-2") is None

    async def test_a_run_that_another_worker_ends_is_owed_once(self, store: Store, clock: ManualClock) -> None:
        await start_run(store, "run-1", spec=with_webhook().spec)
        await clock.advance(60)
        lease = await store.queue.claim("worker-b", wait_seconds=0)
        assert lease is not None
        await store.log.append(lease, [make_record("run-1", 2, epoch=2, kind="complete")], finish=COMPLETE)

        assert [await claim(store), await claim(store)] == [Delivery(run_id="run-1", owner="ann", tries=1), None]
