"""The laws of `RunStore.list`, `delete` and `purge`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.clock import START
from domain.errors import (
    InvalidCursorError,
    RunLiveError,
    RunNotFoundError,
)
from domain.run.model import Finish, RunQuery, RunStatus
from tests.contract.store import (
    LEASE_SECONDS,
    OpenStore,
    Store,
    StoreContract,
    finish_run,
    make_record,
    make_records,
    make_run,
    start_run,
)

ERROR = Finish(status=RunStatus.ERROR)


async def list_ids(store: Store, **query: object) -> list[str]:
    return [run.id for run in (await store.runs.list(RunQuery(**query))).runs]


class RunListContract(StoreContract):
    async def test_a_list_has_the_newest_run_first_in_pages(self, store: Store) -> None:
        for n in range(1, 6):
            await store.runs.create(make_run(f"run-{n}"))

        first = await store.runs.list(RunQuery(limit=2))
        second = await store.runs.list(RunQuery(limit=2, after=first.next))
        third = await store.runs.list(RunQuery(limit=2, after=second.next))

        ids = [[run.id for run in page.runs] for page in (first, second, third)]
        assert ids == [["run-5", "run-4"], ["run-3", "run-2"], ["run-1"]]
        assert third.next is None

    async def test_a_page_that_is_just_full_is_the_last(self, store: Store) -> None:
        await store.runs.create(make_run())

        assert (await store.runs.list(RunQuery(limit=1))).next is None

    async def test_the_order_is_that_of_creation_whatever_the_clock_said(self, store: Store) -> None:
        await store.runs.create(make_run("run-1", created_at=START))
        await store.runs.create(make_run("run-2", created_at=START - timedelta(hours=1)))

        assert await list_ids(store) == ["run-2", "run-1"]

    async def test_pages_stay_as_they_are_while_runs_come_and_go(self, store: Store) -> None:
        for n in range(1, 5):
            await finish_run(store, f"run-{n}")
        first = await store.runs.list(RunQuery(limit=2))

        await store.runs.create(make_run("run-5"))
        await store.runs.delete("run-3")
        second = await store.runs.list(RunQuery(limit=2, after=first.next))

        assert [run.id for run in second.runs] == ["run-2", "run-1"]

    @pytest.mark.parametrize("cursor", ["", "nonsense", "1", "o1", "-1", "\x00", "é", "bzE=", "bzE!", "bzF", "bzAx"])
    async def test_a_cursor_of_another_form_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidCursorError):
            await store.runs.list(RunQuery(after=cursor))

    async def test_a_cursor_that_was_changed_is_refused(self, store: Store) -> None:
        await store.runs.create(make_run("run-1"))
        await store.runs.create(make_run("run-2"))
        cursor = (await store.runs.list(RunQuery(limit=1))).next

        for changed in (f"{cursor}!", f" {cursor}", f"{cursor}=", cursor[:-1]):
            with pytest.raises(InvalidCursorError):
                await store.runs.list(RunQuery(after=changed))

    async def test_a_list_shows_the_runs_of_one_owner(self, store: Store) -> None:
        await store.runs.create(make_run("run-1"))
        await store.runs.create(make_run("run-2", owner="bob"))

        assert await list_ids(store, owner="ann") == ["run-1"]

    async def test_a_list_shows_the_statuses_that_are_asked_for(self, store: Store) -> None:
        await finish_run(store, "run-1")
        await start_run(store, "run-2")
        await store.runs.create(make_run("run-3"))

        assert await list_ids(store, statuses=frozenset({RunStatus.QUEUED})) == ["run-3"]
        assert await list_ids(store, statuses=frozenset({RunStatus.RUNNING, RunStatus.COMPLETE})) == ["run-2", "run-1"]

    async def test_a_list_shows_the_runs_of_one_prompt_set(self, store: Store) -> None:
        await store.runs.create(make_run("run-1"))
        await store.runs.create(make_run("run-2", prompt="letter"))

        assert await list_ids(store, prompt="letter") == ["run-2"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("desk", ["run-1"]),
            ("DESK LAMP", ["run-1"]),
            ("straße", ["run-2"]),
            ("STRASSE", ["run-2"]),
            ("été", ["run-2"]),
            ("100%", ["run-2"]),
            ("%", ["run-2"]),
            ("_", []),
            ("' OR 1 = 1 --", []),
            ("\\", []),
        ],
    )
    async def test_a_list_is_searched_as_written_but_for_case(self, store: Store, text: str, found: list[str]) -> None:
        await store.runs.create(make_run("run-1", search="An oak Desk lamp"))
        await store.runs.create(make_run("run-2", search="Straße, \u00c9te\u0301, 100% Lamp"))

        assert await list_ids(store, text=text) == found

    async def test_filters_go_together_and_with_pages(self, store: Store) -> None:
        for n in range(1, 7):
            await store.runs.create(make_run(f"run-{n}", owner="ann" if n % 2 else "bob", search=f"lamp {n}"))

        first = await store.runs.list(RunQuery(owner="ann", text="LAMP", prompt="post", limit=2))
        rest = await store.runs.list(RunQuery(owner="ann", text="LAMP", prompt="post", limit=2, after=first.next))

        assert [run.id for run in first.runs + rest.runs] == ["run-5", "run-3", "run-1"]

    async def test_a_deleted_run_is_gone_with_its_log(self, store: Store) -> None:
        await finish_run(store)

        await store.runs.delete("run-1")

        assert await list_ids(store) == []
        for look in (store.runs.get("run-1"), store.log.tail("run-1"), store.log.read("run-1")):
            with pytest.raises(RunNotFoundError):
                await look
        with pytest.raises(RunNotFoundError):
            await store.runs.delete("run-1")

    async def test_a_deleted_run_can_be_created_again(self, store: Store) -> None:
        await finish_run(store, key="key-1")
        await store.runs.delete("run-1")

        created, is_new = await store.runs.create(make_run(key="key-1", fingerprint="other"))

        assert (created.tail, is_new) == (1, True)
        assert await store.log.read("run-1") == (make_run().record,)

    async def test_deleting_one_run_leaves_the_others_whole(self, store: Store) -> None:
        await finish_run(store, "run-1")
        last = await finish_run(store, "run-2")

        await store.runs.delete("run-1")

        _, content = await store.runs.get("run-2")
        assert content == make_run().content
        assert await store.log.read("run-2", after=1) == (last,)

    async def test_a_live_run_is_not_deleted(self, store: Store) -> None:
        await store.runs.create(make_run("run-1"))
        await start_run(store, "run-2")

        for run_id in ("run-1", "run-2"):
            with pytest.raises(RunLiveError):
                await store.runs.delete(run_id)

        assert await list_ids(store) == ["run-2", "run-1"]

    async def test_purging_removes_the_runs_that_ended_before(self, store: Store) -> None:
        for hour in range(1, 4):
            await finish_run(store, f"run-{hour}", time=START + timedelta(hours=hour))
        await store.runs.create(make_run("run-4"))
        await start_run(store, "run-5")

        removed = await store.runs.purge(START + timedelta(hours=3))

        assert removed == 2
        assert await list_ids(store) == ["run-5", "run-4", "run-3"]
        assert await store.runs.purge(START + timedelta(hours=3)) == 0

    async def test_purging_takes_many_runs_and_long_logs(self, open_store: OpenStore) -> None:
        async with open_store(lease_seconds=LEASE_SECONDS) as store:
            for n in range(120):
                await finish_run(store, f"run-{n}")
            lease = await start_run(store, "long")
            await store.log.append(lease, make_records("long", 2, 2500))
            end = make_record("long", 2501, kind="error")
            await store.log.append(lease, [end], finish=ERROR)

            assert await store.runs.purge(START + timedelta(days=1)) == 121
            assert await list_ids(store) == []
