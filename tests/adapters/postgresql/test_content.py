"""What somebody writes is a value to PostgreSQL, whatever it looks like; and what is removed leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta

from adapters.clock import START, ManualClock
from adapters.stores.postgresql.store import PostgresqlStore
from domain.run.model import Finish, RunStatus
from tests.adapters.postgresql.server import ask
from tests.contract.store import finish_run, make_record, make_records, make_run, start_run
from tests.contract.written_text import WrittenTextContract


class TestPostgresqlWrittenText(WrittenTextContract): ...


async def test_a_purge_leaves_no_event_and_no_content_behind(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        for n in range(150):
            await finish_run(store, f"run-{n}")
        lease = await start_run(store, "long")
        for first in range(2, 12_002, 3000):
            await store.log.append(lease, make_records("long", first, first + 2999))
        end = make_record("long", 12_002, kind="error")
        await store.log.append(lease, [end], finish=Finish(status=RunStatus.ERROR))
        await store.runs.create(make_run("live", hash="hash-2"))

        assert await store.runs.purge(START + timedelta(days=1)) == 151

    tables = ("runs", "requests", "events", "removed_runs")
    left = [(await ask(url, f"SELECT count(*) AS n FROM galley.{table}"))[0]["n"] for table in tables]
    assert left == [1, 1, 1, 0]
    assert [row["hash"] for row in await ask(url, "SELECT hash FROM galley.contents")] == ["hash-2"]


async def test_what_a_crash_left_of_a_removed_run_goes_with_the_next_one(url: str) -> None:
    async with PostgresqlStore.open(url, clock=ManualClock()) as store:
        await finish_run(store, "run-1")
        await finish_run(store, "run-2")
        # As if the process had died between the two steps of removing run-1.
        await ask(
            url,
            "WITH gone AS (DELETE FROM galley.runs WHERE id = 'run-1' RETURNING key, tail)"
            " INSERT INTO galley.removed_runs SELECT key, tail FROM gone",
        )

        await store.runs.delete("run-2")

    assert (await ask(url, "SELECT count(*) AS n FROM galley.events"))[0]["n"] == 0
