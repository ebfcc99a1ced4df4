"""The laws of `RunLog`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.clock import START
from domain.errors import FencedError, RunNotFoundError
from domain.run.model import Finish, Record, RunStatus, Tail
from tests.contract.store import (
    COMPLETE,
    OTHER_WORKER,
    Store,
    StoreContract,
    make_record,
    make_records,
    make_run,
    start_run,
)

CANCELLED = Finish(status=RunStatus.CANCELLED)


class RunLogContract(StoreContract):
    async def test_what_was_appended_is_read_back(self, store: Store) -> None:
        lease = await start_run(store)
        odd = make_record(
            "run-1", 3, kind="draft", time=START + timedelta(microseconds=123_457), data='"é\u2028\\u0000"'.encode()
        )

        await store.log.append(lease, [make_record("run-1", 2), odd])

        assert await store.log.read("run-1") == (make_run().record, make_record("run-1", 2), odd)
        assert await store.log.tail("run-1") == Tail(epoch=1, seq=3, status=RunStatus.RUNNING)

    async def test_the_tail_of_a_new_run_is_its_first_record(self, store: Store) -> None:
        await store.runs.create(make_run())

        assert await store.log.tail("run-1") == Tail(epoch=0, seq=1, status=RunStatus.QUEUED)

    async def test_a_log_is_read_in_pages(self, store: Store) -> None:
        lease = await start_run(store)
        records = (make_run().record, *make_records("run-1", 2, 10))
        await store.log.append(lease, records[1:])

        pages = [await store.log.read("run-1", after=after, limit=4) for after in (0, 4, 8, 10, 99)]

        assert pages == [records[:4], records[4:8], records[8:], (), ()]

    async def test_the_log_of_no_run_is_not_found(self, store: Store) -> None:
        for look in (store.log.tail("run-1"), store.log.read("run-1"), anext(store.log.follow("run-1"))):
            with pytest.raises(RunNotFoundError):
                await look

    async def test_the_last_append_ends_the_run(self, store: Store) -> None:
        lease = await start_run(store)
        ended_at = START + timedelta(seconds=5)
        last = make_record("run-1", 3, kind="complete", time=ended_at)

        await store.log.append(
            lease, [make_record("run-1", 2), last], finish=Finish(status=RunStatus.COMPLETE, success=False)
        )

        run, _ = await store.runs.get("run-1")
        assert (run.status, run.success, run.tail, run.finished_at) == (RunStatus.COMPLETE, False, 3, ended_at)
        assert await store.log.tail("run-1") == Tail(epoch=1, seq=3, status=RunStatus.COMPLETE)

    async def test_an_ended_run_takes_nothing_more(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", 2, kind="cancelled")], finish=CANCELLED)

        with pytest.raises(FencedError):
            await store.log.append(lease, [make_record("run-1", 3)])
        with pytest.raises(FencedError):
            await store.log.append(lease, [make_record("run-1", 3, kind="complete")], finish=COMPLETE)

        assert await store.log.tail("run-1") == Tail(epoch=1, seq=2, status=RunStatus.CANCELLED)

    async def test_an_older_epoch_is_fenced(self, store: Store) -> None:
        old = await start_run(store)
        await store.queue.release(old)
        new = await store.queue.claim(OTHER_WORKER, wait_seconds=0)
        assert new is not None

        with pytest.raises(FencedError):
            await store.log.append(old, [make_record("run-1", 2, epoch=old.epoch)])
        await store.log.append(new, [make_record("run-1", 2, epoch=new.epoch)])

        assert await store.log.read("run-1", after=1) == (make_record("run-1", 2, epoch=new.epoch),)

    async def test_a_released_lease_is_fenced(self, store: Store) -> None:
        lease = await start_run(store)
        await store.queue.release(lease)

        with pytest.raises(FencedError):
            await store.log.append(lease, [make_record("run-1", 2)])

    @pytest.mark.parametrize("seqs", [[1], [2], [3], [5], [6, 7], [4, 6], [4, 4], [5, 4]])
    async def test_records_that_do_not_go_on_from_the_tail_are_fenced(self, store: Store, seqs: list[int]) -> None:
        lease = await start_run(store)
        await store.log.append(lease, make_records("run-1", 2, 3))

        with pytest.raises(FencedError):
            await store.log.append(lease, [make_record("run-1", seq) for seq in seqs])

        assert await store.log.tail("run-1") == Tail(epoch=1, seq=3, status=RunStatus.RUNNING)

    async def test_the_append_of_a_run_that_is_gone_is_fenced(self, store: Store) -> None:
        lease = await start_run(store)
        await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
        await store.runs.delete("run-1")

        with pytest.raises(FencedError):
            await store.log.append(lease, [make_record("run-1", 3)])

    async def test_an_append_whose_ack_got_lost_is_told_by_the_tail(self, store: Store) -> None:
        lease = await start_run(store)
        records = make_records("run-1", 2, 4)
        await store.log.append(lease, records)

        with pytest.raises(FencedError):
            await store.log.append(lease, records)

        assert await store.log.tail("run-1") == Tail(epoch=lease.epoch, seq=4, status=RunStatus.RUNNING)
        await store.log.append(lease, make_records("run-1", 5, 6))

    @pytest.mark.parametrize(
        ("records", "finish"),
        [
            ([], None),
            ([make_record("run-2", 2)], None),
            ([make_record("run-1", 2, epoch=2)], None),
            ([make_record("run-1", 2, kind="complete")], None),
            ([make_record("run-1", 2)], COMPLETE),
            ([make_record("run-1", 2, kind="error")], COMPLETE),
            ([make_record("run-1", 2, kind="complete"), make_record("run-1", 3)], COMPLETE),
        ],
        ids=["nothing", "another run", "another epoch", "no finish", "no end", "two ends", "end not last"],
    )
    async def test_an_append_that_can_never_be_right_is_a_mistake(
        self, store: Store, records: list[Record], finish: Finish | None
    ) -> None:
        lease = await start_run(store)

        with pytest.raises(ValueError, match=r"append|terminal"):
            await store.log.append(lease, records, finish=finish)

        assert await store.log.tail("run-1") == Tail(epoch=0, seq=1, status=RunStatus.RUNNING)

    async def test_one_refused_append_leaves_those_beside_it_alone(self, store: Store) -> None:
        leases = [await start_run(store, f"run-{n}") for n in range(10)]
        appends = [store.log.append(lease, [make_record(lease.run_id, 2 + n % 2)]) for n, lease in enumerate(leases)]

        answers = await asyncio.gather(*appends, return_exceptions=True)

        assert [isinstance(answer, FencedError) for answer in answers] == [bool(n % 2) for n in range(10)]
        tails = [(await store.log.tail(lease.run_id)).seq for lease in leases]
        assert tails == [1 if n % 2 else 2 for n in range(10)]

    async def test_a_writer_that_gives_up_waiting_breaks_nothing(self, store: Store) -> None:
        leases = [await start_run(store, f"run-{n}") for n in range(3)]
        appends = [asyncio.ensure_future(store.log.append(lease, [make_record(lease.run_id, 2)])) for lease in leases]
        await asyncio.sleep(0)

        appends[1].cancel()
        await asyncio.wait(appends)
        await store.log.append(leases[0], [make_record("run-0", 3)])

        assert [(await store.log.tail(lease.run_id)).seq for lease in leases][::2] == [3, 2]
        assert (await store.log.tail("run-1")).seq in (1, 2)
