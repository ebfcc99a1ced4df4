"""From events to a durable log, in a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from attrs import define, field

from adapters.clock import ManualClock, settle
from adapters.stores.memory.store import MemoryStore
from domain.errors import AckLostError, FencedError, StoreUnavailableError
from domain.pipeline.recorder import PENDING_LIMIT, Recorder
from domain.ports import RunLog
from domain.run.events import Progressed, RunCancelled, RunCompleted, TextGrew
from domain.run.history import History
from domain.run.model import Finish, Lease, NewRun, Record, RunStatus, Stage, Tail
from tests.examples import GENERATING, QUEUED, RUN_ID, make_record, make_spec


@define
class TroubledLog:
    """A log in front of another one that fails as told before it works: each trouble is met once, in order."""

    log: RunLog
    troubles: list[tuple[str, Exception]] = field(factory=list)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        when, trouble = self.troubles.pop(0) if self.troubles else ("never", None)
        if trouble is not None and when == "before":
            raise trouble
        await self.log.append(lease, records, finish=finish)
        if trouble is not None:
            raise trouble

    async def tail(self, run_id: str) -> Tail:
        return await self.log.tail(run_id)


@define
class Rig:
    clock: ManualClock
    store: MemoryStore
    log: TroubledLog
    lease: Lease
    recorder: Recorder

    async def types(self) -> list[str]:
        return [record.type for record in await self.store.log.read(RUN_ID)]

    async def texts(self) -> list[str]:
        return [record.data.decode() for record in await self.store.log.read(RUN_ID) if record.type == "delta"]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    first = make_record(QUEUED, seq=1, epoch=0)
    await store.runs.create(NewRun(id=RUN_ID, owner="ann", spec=make_spec(), content=b"{}", record=first))
    lease = await store.queue.claim("worker", wait_seconds=0)
    assert lease is not None
    log = TroubledLog(store.log)
    recorder = Recorder(log, lease, make_spec(), History.fold((first,)), clock=clock)  # type: ignore[arg-type]
    yield Rig(clock, store, log, lease, recorder)
    await store.close()


def grew(text: str, offset: int = 0) -> TextGrew:
    return TextGrew(stage=Stage.GENERATOR, attempt=1, text=text, offset=offset)


async def test_events_are_appended_at_once(rig: Rig) -> None:
    async with rig.recorder as recorder:
        await recorder.record((GENERATING,))
        await settle()

        assert await rig.types() == ["run", "progress"]


async def test_what_comes_while_the_store_is_at_work_is_appended_together(rig: Rig) -> None:
    rig.log.troubles.append(("before", StoreUnavailableError("It starts anew.")))
    async with rig.recorder as recorder:
        await recorder.record((grew("T"),))
        await settle()
        await recorder.record((grew("e", 1),))
        await recorder.record((grew("a", 2),))
        await rig.clock.advance(1.0)

        texts = await rig.texts()

    assert len(texts) == 2
    assert '"text":"ea","offset":1' in texts[1]


async def test_progress_between_deltas_stays_between_them(rig: Rig) -> None:
    async with rig.recorder as recorder:
        await recorder.record((grew("T"), Progressed(stage=Stage.GENERATOR, message="Generating", progress=31)))
        await recorder.record((grew("e", 1),))

    assert await rig.types() == ["run", "delta", "progress", "delta"]


async def test_leaving_appends_what_is_left(rig: Rig) -> None:
    async with rig.recorder as recorder:
        await recorder.record((grew("T"),))
        await recorder.record((grew("e", 1),))

    assert await rig.types() == ["run", "delta"]


async def test_the_end_sets_the_status_in_the_same_append(rig: Rig) -> None:
    async with rig.recorder as recorder:
        await recorder.record((GENERATING, RunCompleted(success=True, output="Tea")))

    assert (await rig.store.log.tail(RUN_ID)).status is RunStatus.COMPLETE


async def test_an_append_whose_ack_was_lost_is_not_repeated(rig: Rig) -> None:
    rig.log.troubles = [("after", AckLostError("Lost."))]
    async with rig.recorder as recorder:
        await recorder.record((GENERATING,))
        await rig.clock.advance(1)
        await recorder.record((RunCancelled(message="Cancelled."),))

    assert await rig.types() == ["run", "progress", "cancelled"]


async def test_an_append_that_did_not_land_is_tried_until_it_does(rig: Rig) -> None:
    troubles = [AckLostError("Lost."), *(StoreUnavailableError("Full.") for _ in range(6))]
    rig.log.troubles = [("before", trouble) for trouble in troubles]
    async with rig.recorder as recorder:
        await recorder.record((GENERATING,))
        await rig.clock.advance(10)

    assert await rig.types() == ["run", "progress"]


async def test_a_fenced_recorder_says_so(rig: Rig) -> None:
    rig.log.troubles = [("before", FencedError("Moved on."))]
    with pytest.raises(FencedError):
        async with rig.recorder as recorder:
            await recorder.record((GENERATING,))
            await settle()
            await recorder.record((GENERATING,))


async def test_a_failure_after_the_last_record_is_raised_at_the_end(rig: Rig) -> None:
    rig.log.troubles = [("before", FencedError("Moved on."))]
    with pytest.raises(FencedError):
        async with rig.recorder as recorder:
            await recorder.record((GENERATING,))


async def test_an_error_of_the_caller_is_not_covered_by_the_recorders(rig: Rig) -> None:
    rig.log.troubles = [("before", FencedError("Moved on."))]
    with pytest.raises(KeyError):
        async with rig.recorder as recorder:
            await recorder.record((GENERATING,))
            raise KeyError


async def test_an_abandoned_recorder_appends_nothing_more(rig: Rig) -> None:
    async with rig.recorder as recorder:
        await recorder.record((GENERATING,))
        recorder.abandon()

    assert await rig.types() == ["run"]


async def test_a_store_that_is_slow_holds_the_pipeline_back(rig: Rig) -> None:
    rig.log.troubles = [("before", StoreUnavailableError("Full."))]
    async with rig.recorder as recorder:
        await recorder.record((grew("T"),))
        await settle()
        held = asyncio.create_task(recorder.record((grew("x" * PENDING_LIMIT, 1),)))
        await settle()
        was_held = not held.done()
        await rig.clock.advance(1)
        await held

    assert was_held
    assert await rig.types() == ["run", "delta", "delta"]


async def test_waiting_for_room_ends_when_the_recorder_fails(rig: Rig) -> None:
    rig.log.troubles = [("before", StoreUnavailableError("Full.")), ("before", FencedError("Moved on."))]
    with pytest.raises(FencedError):
        async with rig.recorder as recorder:
            await recorder.record((grew("T"),))
            await settle()
            held = asyncio.create_task(recorder.record((grew("x" * PENDING_LIMIT, 1),)))
            await rig.clock.advance(1)
            await held


async def test_a_cancelled_exit_ends_the_task(rig: Rig) -> None:
    rig.log.troubles = [("before", StoreUnavailableError("Full."))]

    async def use() -> None:
        async with rig.recorder as recorder:
            await recorder.record((GENERATING,))

    user = asyncio.create_task(use())
    await settle()
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user

    await rig.clock.advance(10)
    assert await rig.types() == ["run"]
