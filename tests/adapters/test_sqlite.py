"""What the SQLite engine keeps over a restart, and how it behaves as one process with one file."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from adapters.clock import START, ManualClock, settle
from adapters.stores.sqlite.store import SqliteStore
from domain.errors import FencedError, RunNotFoundError, StoreRefusedError, StoreUnavailableError
from domain.run.model import Finish, Lease, RunQuery, RunStatus
from domain.user import Session, User
from domain.webhook.delivery import Delivery
from tests.contract.store import (
    COMPLETE,
    WORKER,
    finish_run,
    make_record,
    make_records,
    make_run,
    start_run,
)
from tests.contract.webhook_queue import owe

ERROR = Finish(status=RunStatus.ERROR)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "galley.db"


async def test_everything_is_there_after_a_restart(path: Path) -> None:
    user = User(id="user-1", name="Ann", password_hash="hash", roles=frozenset(), created_at=START)
    session = Session(id="session-1", user_id="user-1", token_id="token-1", expires_at=START + timedelta(days=1))
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store, key="key-1")
        await store.log.append(lease, make_records("run-1", 2, 9))
        await store.queue.request_cancel("run-1")
        version = await store.prompts.publish("post", content=b"{}", source="name: post", author="ann")
        await store.prompts.label("post", "production", 1)
        await store.users.add(user)
        await store.sessions.start(session)
        run = await store.runs.get("run-1")
        records = await store.log.read("run-1")

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        assert await store.runs.get("run-1") == run
        assert await store.log.read("run-1") == records
        assert await store.runs.create(make_run("run-2", key="key-1")) == (run[0], False)
        assert (await store.prompts.find("post@production")).content == version.content
        assert await store.users.find("ann") == user
        assert not await store.sessions.is_revoked("session-1")


async def test_runs_that_were_running_at_the_end_are_claimed_at_once_by_anybody(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        old = await start_run(store, "run-1")
        await store.runs.create(make_run("run-2"))
        await finish_run(store, "run-3")

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        leases = [await store.queue.claim(WORKER, wait_seconds=0) for _ in range(3)]

        assert leases == [
            Lease(run_id="run-1", epoch=2, worker=WORKER, is_takeover=True),
            Lease(run_id="run-2", epoch=1, worker=WORKER, is_takeover=False),
            None,
        ]
        with pytest.raises(FencedError):
            await store.log.append(old, [make_record("run-1", 2)])


async def test_a_cancel_that_was_asked_for_before_a_restart_is_still_there(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await store.runs.create(make_run())
        await store.queue.request_cancel("run-1")

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await store.queue.claim(WORKER, wait_seconds=0)
        assert lease is not None
        assert (await store.queue.renew(lease, wait_seconds=60)).cancel_requested


async def test_after_a_restart_a_run_is_unfollowed_since_then(path: Path) -> None:
    clock = ManualClock()
    async with SqliteStore.open(path, clock=clock) as store:
        await store.runs.create(make_run())
    await clock.advance(1000)

    async with SqliteStore.open(path, clock=clock) as store:
        lease = await store.queue.claim(WORKER, wait_seconds=0)
        assert lease is not None
        assert (await store.queue.renew(lease, wait_seconds=0)).unfollowed_seconds == 0.0


async def test_the_wall_clock_ends_no_lease(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock(START)) as store:
        await start_run(store)
    clock = ManualClock(START - timedelta(hours=1))
    async with SqliteStore.open(path, clock=clock) as store:
        lease = await store.queue.claim(WORKER, wait_seconds=0)
        await clock.advance(1)

        assert await store.queue.claim("worker-b", wait_seconds=0) is None
        assert lease is not None


async def test_closing_writes_what_is_pending(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        leases = [await start_run(store, f"run-{n}") for n in range(5)]
        appends = [asyncio.ensure_future(store.log.append(x, make_records(x.run_id, 2, 50))) for x in leases]
        await asyncio.sleep(0)
    await asyncio.gather(*appends)

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        assert [(await store.log.tail(f"run-{n}")).seq for n in range(5)] == [50] * 5


async def test_a_closed_store_says_so(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store)

    with pytest.raises(StoreUnavailableError):
        await store.log.append(lease, [make_record("run-1", 2)])
    with pytest.raises(StoreUnavailableError):
        await store.runs.get("run-1")


async def test_closing_leaves_one_file_without_a_log_beside_it(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await start_run(store)

    assert sorted(file.name for file in path.parent.iterdir()) == ["galley.db", "galley.db.lock"]


async def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await start_run(store)

        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_one_file_is_served_once_in_a_process_too(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()):
        with pytest.raises(StoreRefusedError):
            async with SqliteStore.open(path, clock=ManualClock()):
                pass

    async with SqliteStore.open(path, clock=ManualClock()):
        pass


async def test_a_write_that_cannot_be_done_fails_alone(path: Path) -> None:
    """A lone surrogate has no UTF-8 form, which shows only when SQLite is given it."""
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        runs = [make_run("run-1"), make_run("run-2", fingerprint="\ud800"), make_run("run-3")]

        answers = await asyncio.gather(*map(store.runs.create, runs), return_exceptions=True)

        assert isinstance(answers[1], UnicodeEncodeError)
        assert [run.id for run in (await store.runs.list(RunQuery())).runs] == ["run-3", "run-1"]
        with pytest.raises(RunNotFoundError):
            await store.runs.get("run-2")


async def test_removing_a_run_that_was_cut_short_goes_on_at_the_next_start(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store)
        await store.log.append(lease, make_records("run-1", 2, 5000))
        await store.log.append(lease, [make_record("run-1", 5001, kind="error")], finish=ERROR)
        deleting = asyncio.ensure_future(store.runs.delete("run-1"))
        async with asyncio.timeout(10):
            while (await store.runs.list(RunQuery())).runs:
                await settle()
        deleting.cancel()
        await asyncio.wait([deleting])
    size = path.stat().st_size

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await store.runs.create(make_run())
        assert len(await store.log.read("run-1")) == 1
    assert path.stat().st_size < size / 2


async def test_removed_runs_give_their_space_back(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store)
        big = [make_record("run-1", seq, data=b"x" * 2000) for seq in range(2, 2000)]
        await store.log.append(lease, big)
        await store.log.append(lease, [make_record("run-1", 2000, kind="complete")], finish=COMPLETE)
    full = path.stat().st_size

    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await store.runs.purge(START + timedelta(days=1))

    assert path.stat().st_size < full / 10


async def test_a_delivery_is_owed_after_a_restart_and_goes_with_its_run(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        await owe(store)
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        assert await store.webhooks.claim(lease_seconds=30) == Delivery(run_id="run-1", owner="ann", tries=1)
        await store.runs.delete("run-1")

    with closing(apsw.Connection(str(path))) as db:
        assert db.execute("SELECT count(*) FROM deliveries").get == 0


async def test_many_runs_append_in_one_transaction(path: Path) -> None:
    commits = 0

    def count(boundary: str) -> None:
        nonlocal commits
        commits += boundary == "after_commit"

    async with SqliteStore.open(path, clock=ManualClock(), failpoint=count) as store:
        leases = [await start_run(store, f"run-{n}") for n in range(20)]
        commits = 0

        await asyncio.gather(*(store.log.append(lease, make_records(lease.run_id, 2, 4)) for lease in leases))

        assert commits == 1


async def test_live_records_are_handed_over_without_being_read_again(path: Path) -> None:
    async with SqliteStore.open(path, clock=ManualClock()) as store:
        lease = await start_run(store)
        records = make_records("run-1", 2, 3)
        async with aclosing(store.log.follow("run-1", after=1)) as pages:
            waiting = asyncio.ensure_future(anext(pages))
            await asyncio.gather(store.log.tail("run-1"), settle())
            await store.log.append(lease, records)

            assert all(got is sent for got, sent in zip(await waiting, records, strict=True))


async def test_expired_sessions_are_forgotten_in_time(path: Path) -> None:
    clock = ManualClock()
    async with SqliteStore.open(path, clock=clock) as store:
        old = Session(id="old", user_id="user-1", token_id="t", expires_at=clock.now() + timedelta(hours=1))
        await store.sessions.start(old)
        await clock.advance(26 * 60 * 60)

        await store.sessions.start(Session(id="new", user_id="user-1", token_id="t", expires_at=clock.now()))

        assert [await store.sessions.is_revoked(session_id) for session_id in ("old", "new")] == [True, False]
