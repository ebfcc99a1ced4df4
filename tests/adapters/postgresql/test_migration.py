"""The tables come to this program's version once, and tell an older program whether it can still use them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from adapters.clock import ManualClock
from adapters.stores.postgresql.database import open_database
from adapters.stores.postgresql.migration import migrate
from adapters.stores.postgresql.schema import MIGRATIONS, Migration
from adapters.stores.postgresql.store import PostgresqlStore
from domain.errors import StoreRefusedError
from domain.webhook.delivery import Delivery, DeliveryState
from tests.adapters.postgresql.server import ask
from tests.contract.store import make_run
from tests.contract.webhook_queue import with_webhook

NEXT = Migration(sql="ALTER TABLE runs ADD COLUMN colour text;", usable_from=1)
BREAKING = Migration(sql="ALTER TABLE runs RENAME COLUMN owner TO possessor;", usable_from=len(MIGRATIONS) + 1)


async def read_version(url: str) -> tuple[int, int]:
    (row,) = await ask(url, "SELECT version, usable_from FROM galley.schema_version")
    return row["version"], row["usable_from"]


async def test_five_processes_that_begin_at_once_make_the_tables_once(url: str) -> None:
    async with AsyncExitStack() as stack:
        opened = (PostgresqlStore.open(url, clock=ManualClock()) for _ in range(5))
        stores = await asyncio.gather(*(stack.enter_async_context(store) for store in opened))

        created = [await store.runs.create(make_run(f"run-{n}")) for n, store in enumerate(stores)]

    assert all(is_new for _, is_new in created)
    assert await read_version(url) == (len(MIGRATIONS), 1)


async def test_five_that_bring_a_new_version_apply_it_once(url: str) -> None:
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(open_database(url)) for _ in range(5)]
        await migrate(databases[0])

        await asyncio.gather(*(migrate(database, (*MIGRATIONS, NEXT)) for database in databases))

    assert await read_version(url) == (len(MIGRATIONS) + 1, 1)


async def test_an_older_process_goes_on_with_newer_tables_that_suit_it(url: str) -> None:
    async with open_database(url) as database:
        await migrate(database, (*MIGRATIONS, NEXT))

    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        _, is_new = await store.runs.create(make_run())

    assert is_new
    assert await read_version(url) == (len(MIGRATIONS) + 1, 1)


async def test_an_older_process_refuses_newer_tables_that_do_not(url: str) -> None:
    async with open_database(url) as database:
        await migrate(database, (*MIGRATIONS, BREAKING))

    with pytest.raises(StoreRefusedError, match="A newer Galley uses this database"):
        async with PostgresqlStore.open(url, clock=ManualClock()):
            pass


async def test_a_run_that_an_older_process_ends_beside_newer_tables_is_owed_to_its_webhook(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        await store.runs.create(with_webhook())
        # What a process does that knows nothing of webhooks.
        await store.database.write("UPDATE runs SET status = 'complete', finished_at = now() WHERE id = 'run-1'")

        assert await store.webhooks.claim(lease_seconds=30) == Delivery(run_id="run-1", owner="ann", tries=1)


async def test_a_database_of_an_older_program_is_taken_along(url: str) -> None:
    async with open_database(url) as database:
        await migrate(database, MIGRATIONS[:1])

    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        await store.runs.create(with_webhook())
        assert await store.webhooks.find("run-1") == DeliveryState()


async def test_a_migration_that_fails_leaves_nothing_of_itself_behind(url: str) -> None:
    async with open_database(url) as database:
        await migrate(database)

        with pytest.raises(asyncpg.UndefinedTableError):
            await migrate(database, (*MIGRATIONS, NEXT, Migration(sql="DROP TABLE nothing;", usable_from=1)))

    assert await read_version(url) == (len(MIGRATIONS), 1)
    assert not await ask(url, "SELECT FROM information_schema.columns WHERE column_name = 'colour'")
