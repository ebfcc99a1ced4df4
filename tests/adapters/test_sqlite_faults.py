"""The SQLite engine on a disk that fails, a file that is damaged, and one that is not its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from pathlib import Path

import apsw
import pytest

from adapters.clock import ManualClock
from adapters.stores.sqlite import writer
from adapters.stores.sqlite.connection import check_library
from adapters.stores.sqlite.lock import ServingLock
from adapters.stores.sqlite.schema import MIGRATIONS
from adapters.stores.sqlite.store import SqliteAdmin, SqliteStore
from domain.errors import StoreError, StoreRefusedError, StoreUnavailableError
from domain.webhook.delivery import DeliveryState
from tests.adapters.faulty_disk import FaultyDisk, failed_sync, faulty_disk
from tests.contract.store import make_record, make_records, make_run, start_run
from tests.contract.webhook_queue import with_webhook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "galley.db"


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    with faulty_disk() as disk:
        yield disk


@pytest.fixture
async def store(path: Path, disk: FaultyDisk) -> AsyncIterator[SqliteStore]:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        yield store


def change(path: Path, sql: str) -> None:
    """Change the file behind the store's back."""
    with closing(apsw.Connection(str(path))) as db:
        db.execute(sql)


@pytest.mark.parametrize("fault", [apsw.FullError("full"), apsw.IOError("broken")], ids=["full", "broken"])
async def test_a_disk_that_takes_no_writes_loses_nothing_and_recovers(
    store: SqliteStore, disk: FaultyDisk, fault: apsw.Error
) -> None:
    leases = [await start_run(store, f"run-{n}") for n in range(3)]
    disk.write_fault = fault
    appends = (store.log.append(lease, [make_record(lease.run_id, 2)]) for lease in leases)
    answers = await asyncio.gather(*appends, return_exceptions=True)
    with pytest.raises(StoreUnavailableError):
        await store.runs.create(make_run("run-9"))
    tails = [(await store.log.tail(lease.run_id)).seq for lease in leases]

    disk.write_fault = None
    for lease in leases:
        await store.log.append(lease, [make_record(lease.run_id, 2)])

    assert [type(answer) for answer in answers] == [StoreUnavailableError] * 3
    assert tails == [1, 1, 1]
    assert store.failure is None


async def test_a_claim_that_the_disk_refused_leaves_the_run_to_the_next(store: SqliteStore, disk: FaultyDisk) -> None:
    await store.runs.create(make_run())
    disk.write_fault = apsw.FullError("full")
    with pytest.raises(StoreUnavailableError):
        await store.queue.claim("worker-a", wait_seconds=0)
    disk.write_fault = None

    lease = await store.queue.claim("worker-b", wait_seconds=0)

    assert lease is not None
    assert (lease.epoch, lease.is_takeover) == (1, False)


async def test_a_release_that_the_disk_refused_ends_the_lease_all_the_same(
    store: SqliteStore, disk: FaultyDisk
) -> None:
    lease = await start_run(store)
    disk.write_fault = apsw.FullError("full")
    with pytest.raises(StoreUnavailableError):
        await store.queue.release(lease)
    disk.write_fault = None

    again = await store.queue.claim("worker-b", wait_seconds=0)

    assert again is not None
    assert (again.epoch, again.is_takeover) == (2, False)


async def test_a_cancel_that_the_disk_refused_was_not_asked_for(store: SqliteStore, disk: FaultyDisk) -> None:
    lease = await start_run(store)
    disk.write_fault = apsw.FullError("full")
    with pytest.raises(StoreUnavailableError):
        await store.queue.request_cancel("run-1")
    disk.write_fault = None

    assert not (await store.queue.renew(lease, wait_seconds=0)).cancel_requested


async def test_followers_are_told_nothing_that_the_disk_refused(store: SqliteStore, disk: FaultyDisk) -> None:
    lease = await start_run(store)
    async with aclosing(store.log.follow("run-1", after=1)) as pages:
        waiting = asyncio.ensure_future(anext(pages))
        disk.write_fault = apsw.FullError("full")
        with pytest.raises(StoreUnavailableError):
            await store.log.append(lease, [make_record("run-1", 2, data=b"refused")])
        disk.write_fault = None
        await store.log.append(lease, [make_record("run-1", 2, data=b"kept")])

        assert [record.data for record in await waiting] == [b"kept"]


async def test_nothing_is_acked_after_a_sync_that_failed(path: Path, disk: FaultyDisk) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", 2)])
        disk.sync_fault = failed_sync()
        with pytest.raises(StoreRefusedError, match="restart"):
            await store.log.append(lease, [make_record("run-1", 3)])

        disk.sync_fault = None
        with pytest.raises(StoreRefusedError, match="restart"):
            await store.log.append(lease, [make_record("run-1", 3)])

        assert isinstance(store.failure, StoreRefusedError)
        syncs = disk.syncs
    assert disk.syncs == syncs, "closing checkpointed pages that nobody can trust"
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        assert [record.seq for record in await store.log.read("run-1")][:2] == [1, 2]


async def test_every_write_is_synced_before_its_ack(store: SqliteStore, disk: FaultyDisk) -> None:
    lease = await start_run(store)
    syncs = []
    for seq in range(2, 7):
        await store.log.append(lease, [make_record("run-1", seq)])
        syncs.append(disk.syncs)

    assert syncs == sorted(set(syncs))


async def test_the_log_of_writes_is_moved_into_the_file_and_starts_again(store: SqliteStore, path: Path) -> None:
    lease = await start_run(store)
    size = 4096 * 100
    for seq in range(2, 2 + 3 * writer.CHECKPOINT_PAGES // 100):
        await store.log.append(lease, [make_record("run-1", seq, data=b"x" * size)])

    wal = path.with_name("galley.db-wal").stat().st_size
    assert wal < 2 * writer.CHECKPOINT_PAGES * 4096
    assert path.stat().st_size > writer.CHECKPOINT_PAGES * 4096


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET data = x'00' WHERE seq = 3",
        "UPDATE events SET type = 'draft' WHERE seq = 3",
        "UPDATE events SET epoch = 7 WHERE seq = 3",
        "UPDATE events SET time = time + 1 WHERE seq = 3",
    ],
)
async def test_a_damaged_event_is_an_error_and_never_an_answer(path: Path, damage: str) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store)
        await store.log.append(lease, make_records("run-1", 2, 4))
    change(path, damage)

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        with pytest.raises(StoreError, match=r"Event 3 of run run-1 .* restore the last backup"):
            await store.log.read("run-1")
        with pytest.raises(StoreError, match="Event 3"):
            async with aclosing(store.log.follow("run-1")) as pages:
                await anext(pages)
        assert len(await store.log.read("run-1", after=3)) == 1


async def test_a_damaged_prompt_set_is_an_error_and_never_an_answer(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await store.runs.create(make_run())
    change(path, "UPDATE contents SET content = x'00'")

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        with pytest.raises(StoreError, match=r"prompt set of run run-1 .* restore the last backup"):
            await store.runs.get("run-1")


async def test_a_file_that_is_no_database_is_an_error_with_a_way_out(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)

    with pytest.raises(StoreError, match="damaged"):
        async with SqliteStore.open(path, clock=ManualClock()):
            pass


async def test_somebody_elses_database_is_refused_and_left_alone(path: Path) -> None:
    change(path, "CREATE TABLE theirs (x)")
    before = path.read_bytes()

    with pytest.raises(StoreRefusedError, match="not Galley's"):
        async with SqliteStore.open(path, clock=ManualClock()):
            pass

    assert path.read_bytes() == before


@pytest.mark.parametrize("engine", [SqliteStore, SqliteAdmin])
async def test_a_store_that_a_newer_program_wrote_is_refused(
    path: Path, engine: type[SqliteStore] | type[SqliteAdmin]
) -> None:
    change(path, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")

    with pytest.raises(StoreRefusedError, match="newer Galley"):
        async with engine.open(path, clock=ManualClock()):
            pass

    change(path, "PRAGMA user_version = 0")
    async with engine.open(path, clock=ManualClock()):
        pass


async def test_a_file_of_an_older_program_is_taken_along(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await store.runs.create(make_run("run-1"))
    change(path, "DROP TABLE deliveries; PRAGMA user_version = 2")

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await store.runs.create(with_webhook("run-2"))
        old, new = [await store.webhooks.find(run_id) for run_id in ("run-1", "run-2")]

    assert (old, new) == (None, DeliveryState())


async def test_an_admin_does_not_change_tables_under_a_server(path: Path) -> None:
    path.touch()
    with closing(ServingLock(path)), pytest.raises(StoreRefusedError, match="Another process"):
        async with SqliteAdmin.open(path, clock=ManualClock()):
            pass

    assert path.stat().st_size == 0
    async with SqliteAdmin.open(path, clock=ManualClock()):
        pass


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailableError, match="permissions"):
        async with SqliteStore.open(tmp_path / "file" / "galley.db", clock=ManualClock()):
            pass


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.51.2"])
def test_a_sqlite_that_can_damage_its_files_is_refused(version: str) -> None:
    with pytest.raises(StoreRefusedError, match=f"SQLite {version} .* 3.51.3"):
        check_library(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0"])
def test_a_sqlite_without_that_fault_is_taken(version: str) -> None:
    check_library(version)
