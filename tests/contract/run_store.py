"""The laws of `RunStore`: creating runs and telling of them."""

from __future__ import annotations

import asyncio

import pytest

from adapters.clock import START
from domain.errors import (
    IdempotencyConflictError,
    LiveRunsExceededError,
    QueueFullError,
    RunNotFoundError,
)
from domain.run.model import Finish, RunQuery, RunStatus, StoredRun
from tests.contract.store import (
    WORKER,
    OpenStore,
    Store,
    StoreContract,
    finish_run,
    make_records,
    make_run,
    start_run,
)

ERROR = Finish(status=RunStatus.ERROR)


async def list_ids(store: Store, **query: object) -> list[str]:
    return [run.id for run in (await store.runs.list(RunQuery(**query))).runs]


class RunStoreContract(StoreContract):
    async def test_a_created_run_is_queued_with_its_first_record(self, store: Store) -> None:
        new = make_run()

        created = await store.runs.create(new)

        expected = StoredRun(
            id="run-1",
            owner="ann",
            spec=new.spec,
            status=RunStatus.QUEUED,
            success=None,
            cancel_requested=False,
            epoch=0,
            tail=1,
            created_at=START,
        )
        assert created == (expected, True)
        assert await store.runs.get("run-1") == (expected, new.content)
        assert await store.log.read("run-1") == (new.record,)

    async def test_a_run_that_is_not_there_is_not_found(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError):
            await store.runs.get("run-1")

    @pytest.mark.parametrize("second", ["run-1", "run-2"])
    async def test_asking_again_with_the_same_key_gives_the_same_run(self, store: Store, second: str) -> None:
        first, _ = await store.runs.create(make_run(key="key-1"))

        assert await store.runs.create(make_run(second, key="key-1")) == (first, False)

    async def test_asking_again_with_the_same_id_gives_the_same_run(self, store: Store) -> None:
        first, _ = await store.runs.create(make_run())

        assert await store.runs.create(make_run()) == (first, False)

    async def test_asking_again_after_the_end_gives_the_ended_run(self, store: Store) -> None:
        await finish_run(store, key="key-1")

        again, is_new = await store.runs.create(make_run("run-2", key="key-1"))

        assert (again.id, again.status, is_new) == ("run-1", RunStatus.COMPLETE, False)

    async def test_a_key_belongs_to_its_owner(self, store: Store) -> None:
        await store.runs.create(make_run(key="key-1"))

        _, is_new = await store.runs.create(make_run("run-2", key="key-1", owner="bob"))

        assert is_new

    @pytest.mark.parametrize(
        "second",
        [
            make_run("run-2", key="key-1", fingerprint="other"),
            make_run("run-1", fingerprint="other"),
            make_run("run-1", owner="bob"),
        ],
        ids=["another request with the key", "another request with the id", "somebody else's id"],
    )
    async def test_a_conflict_is_refused(self, store: Store, second: object) -> None:
        await store.runs.create(make_run(key="key-1"))

        with pytest.raises(IdempotencyConflictError):
            await store.runs.create(second)

        assert await list_ids(store) == ["run-1"]

    async def test_the_id_of_one_run_with_the_key_of_another_is_refused(self, store: Store) -> None:
        await store.runs.create(make_run("run-1", key="key-1"))
        await store.runs.create(make_run("run-2", key="key-2"))

        with pytest.raises(IdempotencyConflictError):
            await store.runs.create(make_run("run-1", key="key-2"))

    async def test_fifty_at_once_with_one_key_give_one_run(self, store: Store) -> None:
        runs = [make_run(f"run-{n}", key="key-1") for n in range(50)]

        answers = await asyncio.gather(*(store.runs.create(run) for run in runs))

        assert len({run.id for run, _ in answers}) == 1
        assert sum(is_new for _, is_new in answers) == 1
        assert len(await list_ids(store)) == 1

    async def test_no_more_runs_are_queued_than_the_queue_takes(self, open_store: OpenStore) -> None:
        async with open_store(queue_limit=5) as store:
            tries = (store.runs.create(make_run(f"run-{n}")) for n in range(20))
            answers = await asyncio.gather(*tries, return_exceptions=True)

            assert sum(isinstance(answer, QueueFullError) for answer in answers) == 15
            assert len(await list_ids(store)) == 5

    async def test_a_claimed_run_makes_room_in_the_queue(self, open_store: OpenStore) -> None:
        async with open_store(queue_limit=1) as store:
            await start_run(store, "run-1")

            _, is_new = await store.runs.create(make_run("run-2"))

            assert is_new

    async def test_an_owner_has_no_more_live_runs_than_allowed(self, open_store: OpenStore) -> None:
        async with open_store(user_live_runs=2) as store:
            await start_run(store, "run-1")
            await store.runs.create(make_run("run-2"))

            with pytest.raises(LiveRunsExceededError):
                await store.runs.create(make_run("run-3"))
            _, is_new = await store.runs.create(make_run("run-4", owner="bob"))
            assert is_new

    async def test_an_ended_run_is_not_live(self, open_store: OpenStore) -> None:
        async with open_store(user_live_runs=1) as store:
            await finish_run(store, "run-1")

            _, is_new = await store.runs.create(make_run("run-2"))

            assert is_new

    async def test_a_known_run_is_returned_whatever_the_bounds_say(self, open_store: OpenStore) -> None:
        async with open_store(queue_limit=1, user_live_runs=1) as store:
            first, _ = await store.runs.create(make_run(key="key-1"))

            assert await store.runs.create(make_run(key="key-1")) == (first, False)

    async def test_a_stored_run_tells_how_far_it_is(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, make_records("run-1", 2, 4))
        await store.queue.release(lease)
        await store.queue.claim(WORKER, wait_seconds=0)
        await store.queue.request_cancel("run-1")

        run, _ = await store.runs.get("run-1")

        assert (run.status, run.epoch, run.tail, run.cancel_requested) == (RunStatus.RUNNING, 2, 4, True)
