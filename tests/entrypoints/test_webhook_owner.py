"""Which processes call webhooks, and with what keys."""

from __future__ import annotations

import pytest
from attrs import evolve
from standardwebhooks import Webhook

from adapters.clock import ManualClock
from adapters.stores.memory.store import MemoryStore
from entrypoints.bootstrap import bootstrap, open_core
from entrypoints.settings import Settings, SettingsError
from entrypoints.start import start_run
from tests.contract.webhook_queue import owe
from tests.entrypoints.bootstrapped import REQUEST, find_admin, scripted
from tests.receiver import receiving

KEY = "a-key-for-tests-0123456789-abcdefghij"
NEVER_CALLED = "https://10.0.0.1/"


@pytest.mark.parametrize(("workers", "key", "tries"), [(1, KEY, 1), (0, KEY, 0), (1, None, 0)])
async def test_a_process_that_works_calls_webhooks_where_it_has_a_key(
    settings: Settings, workers: int, key: str | None, tries: int
) -> None:
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    await owe(store, webhook=NEVER_CALLED)
    changed = evolve(settings, workers=workers, webhook_secret=key)

    async with open_core(changed, provider=scripted(), clock=clock, store=store):
        await clock.advance(3)
        state = await store.webhooks.find("run-1")

    assert state is not None
    assert state.tries == tries


async def test_a_run_of_a_whole_service_is_told_with_its_owners_secret(settings: Settings) -> None:
    changed = evolve(
        settings, store_url="memory:", webhook_secret=f"{KEY} older-{KEY}", webhook_hosts=frozenset({"127.0.0.1"})
    )
    async with receiving() as receiver, bootstrap(changed, provider=scripted("Tea is hot.")) as house:
        admin = await find_admin(house)
        run, _ = await start_run(house.services, admin, evolve(REQUEST, webhook=receiver.url))
        received = await receiver.next()
        keys = house.services.webhook_keys

    assert keys is not None
    for secret in keys.secrets_of(admin.user_id):
        message = Webhook(secret).verify(received.body, received.headers)
        assert (message["type"], message["data"]["run_id"]) == ("run.complete", run.id)
    assert len(keys.secrets_of(admin.user_id)) == 2


@pytest.mark.parametrize("key", ["changeme" * 5, "a" * 40, f"{KEY} {'b' * 40}", " "])
async def test_a_weak_key_is_refused(settings: Settings, key: str) -> None:
    with pytest.raises(SettingsError, match="WEBHOOK_SECRET can't be used"):
        async with open_core(evolve(settings, webhook_secret=key), provider=scripted()):
            pass
