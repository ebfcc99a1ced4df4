"""Group commit: batches, their failures, and those who give up waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from adapters.clock import settle
from adapters.stores.group_commit import GroupCommitter
from domain.errors import AckLostError, FencedError, StoreUnavailableError


class GatedFlusher:
    """Answers each piece of work with itself in upper case once the gate is open; keeps the batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def flush(self, batch: Sequence[str]) -> Sequence[str | Exception]:
        self.batches.append(list(batch))
        await self.gate.wait()
        if "break" in batch:
            raise StoreUnavailableError("The disk is full.")
        if "miscount" in batch:
            return []
        return [FencedError(work) if work == "fenced" else work.upper() for work in batch]


@pytest.fixture
def flusher() -> GatedFlusher:
    return GatedFlusher()


async def submit_all(committer: GroupCommitter[str, str], *works: str) -> list[asyncio.Future[str]]:
    """Submit them in this order and let them wait."""
    submitted = [asyncio.ensure_future(committer.submit(work)) for work in works]
    await settle()
    return submitted


async def all_of(*submitted: Awaitable[str]) -> list[str | BaseException]:
    """Wait for all of them, but not for ever."""
    return await asyncio.wait_for(asyncio.gather(*submitted, return_exceptions=True), 10)


async def test_what_comes_during_a_flush_goes_into_the_next_one_together(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)
    flusher.gate.clear()
    first = await submit_all(committer, "a")
    rest = await submit_all(committer, "b", "c", "d")

    flusher.gate.set()

    assert await all_of(*first, *rest) == ["A", "B", "C", "D"]
    assert flusher.batches == [["a"], ["b", "c", "d"]]


async def test_what_is_submitted_in_one_turn_is_one_batch(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)

    await all_of(*(committer.submit(work) for work in "abc"))

    assert flusher.batches == [["a", "b", "c"]]


async def test_an_answer_that_is_an_error_is_raised_for_its_submitter_alone(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)

    answers = await all_of(*map(committer.submit, ("a", "fenced", "b")))

    assert [answers[0], answers[2]] == ["A", "B"]
    assert isinstance(answers[1], FencedError)


async def test_a_flush_that_fails_fails_everybody_in_it_and_nobody_after(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)

    answers = await all_of(*map(committer.submit, ("a", "break", "b")))

    assert [type(answer) for answer in answers] == [StoreUnavailableError] * 3
    assert await committer.submit("c") == "C"


async def test_a_flush_that_answers_too_few_fails_everybody_in_it(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)

    answers = await all_of(*map(committer.submit, ("a", "miscount")))

    assert [type(answer) for answer in answers] == [ValueError] * 2


async def test_a_submitter_that_gives_up_changes_nothing_for_the_others(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)
    flusher.gate.clear()
    submitted = await submit_all(committer, "a", "b")
    submitted += await submit_all(committer, "c", "d")

    for given_up in (submitted[0], submitted[2]):
        given_up.cancel()
    flusher.gate.set()
    answers = await all_of(*submitted)

    assert [type(answer) for answer in answers[::2]] == [asyncio.CancelledError] * 2
    assert answers[1::2] == ["B", "D"]
    assert flusher.batches == [["a", "b"], ["c", "d"]]


async def test_no_more_is_pending_than_the_limit(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush, pending_limit=3)
    flusher.gate.clear()
    submitted = await submit_all(committer, *"abcdefgh")

    flusher.gate.set()

    assert await all_of(*submitted) == list("ABCDEFGH")
    assert max(len(batch) for batch in flusher.batches) <= 3


async def test_closing_flushes_what_is_pending_and_refuses_what_comes_after(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)
    flusher.gate.clear()
    submitted = await submit_all(committer, "a")
    submitted += await submit_all(committer, "b")
    closing = asyncio.ensure_future(committer.close())
    await settle()
    late = await submit_all(committer, "c")

    flusher.gate.set()
    await asyncio.wait_for(closing, 10)

    assert [future.result() for future in submitted] == ["A", "B"]
    assert isinstance(late[0].exception(), StoreUnavailableError)
    assert flusher.batches == [["a"], ["b"]]


async def test_closing_refuses_those_who_wait_for_room(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush, pending_limit=1)
    flusher.gate.clear()
    submitted = await submit_all(committer, "a", "b")
    closing = asyncio.ensure_future(committer.close())
    await settle()

    flusher.gate.set()
    await asyncio.wait_for(closing, 10)

    assert await submitted[0] == "A"
    with pytest.raises(StoreUnavailableError):
        await submitted[1]


async def test_a_flush_that_is_torn_down_leaves_nobody_waiting(flusher: GatedFlusher) -> None:
    committer = GroupCommitter(flusher.flush)
    flusher.gate.clear()
    others = asyncio.all_tasks()
    under_way = await submit_all(committer, "a")
    (flushing,) = asyncio.all_tasks() - others - set(under_way)
    pending = await submit_all(committer, "b")

    flushing.cancel()
    answers = await all_of(*under_way, *pending)

    assert [type(answer) for answer in answers] == [AckLostError, StoreUnavailableError]
