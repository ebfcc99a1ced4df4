"""The laws of engines beyond this process: nothing acked is lost while they are away, and all goes on by itself."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, Protocol

import pytest

from adapters.clock import ManualClock, SystemClock
from domain.errors import AckLostError, StoreError, StoreUnavailableError
from domain.run.model import Lease, Record, RunStatus, Tail
from tests.adapters.patience import LOOK_SECONDS, PATIENCE_SECONDS, hears, until
from tests.contract.store import COMPLETE, WORKER, OpenStore, Store, make_record, make_run, soon, start_run

NOTICED_SECONDS = 5.0


class Outages(Protocol):
    """A server that can go away."""

    def stop(self) -> None:
        """End it as a crash does."""
        ...

    def start(self) -> None:
        """Start it again; only for the main thread."""
        ...

    def freeze(self) -> None:
        """Let it stand still with its connections open."""
        ...

    def thaw(self) -> None:
        """Let it go on."""
        ...


class Acks(Protocol):
    """A server whose acks can be lost."""

    def open_store(self, **options: Any) -> AbstractAsyncContextManager[Store]:
        """Open a store there."""
        ...

    def withheld(self) -> AbstractAsyncContextManager[None]:
        """Let what is written land without being acked."""
        ...

    async def break_writers(self) -> None:
        """Break the connections whose writes have landed and wait for their acks."""
        ...


async def last_seq(store: Store) -> int:
    """Ask as often as it takes; between two calls the server may be gone again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return (await store.log.tail("run-1")).seq
            except StoreError:
                await asyncio.sleep(LOOK_SECONDS)


async def reaches(store: Store, appending: asyncio.Future[list[int]], seq: int) -> None:
    """Wait until that much is written; where the writer has failed, say why at once."""

    async def is_so() -> bool:
        if appending.done():
            appending.result()
        return await last_seq(store) >= seq

    await until(is_so)


async def append_stubbornly(store: Store, lease: Lease, *, last: int, first: int = 2) -> list[int]:
    """Append one record after the other as a worker does; return the seqs that were acked or found to have landed."""
    acked = []
    for seq in range(first, last + 1):
        record = make_record("run-1", seq, kind="complete" if seq == last else "delta")
        while not acked or acked[-1] < seq:
            try:
                await store.log.append(lease, [record], finish=COMPLETE if seq == last else None)
            except AckLostError:
                if await last_seq(store) < seq:
                    continue
            except StoreUnavailableError:
                await asyncio.sleep(0.05)
                continue
            acked.append(seq)
    return acked


async def follow_stubbornly(store: Store) -> list[Record]:
    got: list[Record] = []
    while True:
        try:
            async with aclosing(store.log.follow("run-1", after=len(got))) as pages:
                async for page in pages:
                    got.extend(page)
        except StoreUnavailableError:
            await asyncio.sleep(0.05)
        else:
            return got


class OutageContract:
    """An engine's tests supply `server` and `open_shared`."""

    async def test_a_server_that_stands_still_is_noticed_within_five_seconds(
        self, open_shared: OpenStore, server: Outages
    ) -> None:
        async with open_shared(clock=SystemClock()) as store:
            lease = await start_run(store)
            await hears(store)
            following = asyncio.ensure_future(follow_stubbornly(store))

            server.freeze()
            try:
                async with asyncio.timeout(NOTICED_SECONDS):
                    tail, _ = await asyncio.gather(
                        store.log.tail("run-1"), hears(store, really=False), return_exceptions=True
                    )
            finally:
                server.thaw()

            assert isinstance(tail, StoreUnavailableError)
            assert not following.done()
            await hears(store)
            await store.log.append(lease, [make_record("run-1", 2, kind="complete")], finish=COMPLETE)
            assert [record.seq for record in await soon(following)] == [1, 2]

    async def test_a_server_that_crashes_again_and_again_loses_nothing_that_was_acked(
        self, open_shared: OpenStore, server: Outages
    ) -> None:
        async with open_shared(clock=SystemClock(), lease_seconds=60) as store:
            lease = await start_run(store)
            appending = asyncio.ensure_future(append_stubbornly(store, lease, last=400))
            following = asyncio.ensure_future(follow_stubbornly(store))
            for seen in (100, 200, 300):
                await reaches(store, appending, seen)
                await asyncio.to_thread(server.stop)
                await hears(store, really=False)
                server.start()

            acked = await appending
            followed = await soon(following)

            assert acked == list(range(2, 401))
            assert [record.seq for record in await store.log.read("run-1", limit=1000)] == list(range(1, 401))
            assert [record.seq for record in followed] == list(range(1, 401))


class LostAckContract:
    """An engine's tests supply `acks`."""

    async def test_an_append_whose_ack_is_lost_says_so_and_is_found_by_its_tail(self, acks: Acks) -> None:
        async with acks.open_store(clock=ManualClock()) as store:
            lease = await start_run(store)
            async with acks.withheld():
                appending = asyncio.ensure_future(store.log.append(lease, [make_record("run-1", 2)]))
                await acks.break_writers()
                with pytest.raises(AckLostError):
                    await soon(appending)

            assert await store.log.tail("run-1") == Tail(epoch=1, seq=2, status=RunStatus.RUNNING)
            await store.log.append(lease, [make_record("run-1", 3)])

    async def test_a_claim_whose_ack_is_lost_does_not_keep_the_run_from_its_worker(self, acks: Acks) -> None:
        async with acks.open_store(clock=ManualClock()) as store:
            await store.runs.create(make_run())
            async with acks.withheld():
                claiming = asyncio.ensure_future(store.queue.claim(WORKER, wait_seconds=0))
                await acks.break_writers()
                with pytest.raises(StoreUnavailableError):
                    await soon(claiming)

            assert await store.queue.claim(WORKER, wait_seconds=0) == Lease(run_id="run-1", epoch=2, worker=WORKER)

    async def test_a_run_whose_creation_was_not_acked_is_created_once(self, acks: Acks) -> None:
        async with acks.open_store(clock=ManualClock()) as store:
            async with acks.withheld():
                creating = asyncio.ensure_future(store.runs.create(make_run(key="key-1")))
                await acks.break_writers()
                stored, is_new = await soon(creating)

            assert (stored.id, is_new) == ("run-1", True)
            assert [record.seq for record in await store.log.read("run-1")] == [1]
