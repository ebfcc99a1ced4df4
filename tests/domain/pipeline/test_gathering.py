"""Text that gathers for a beat before it is handled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from attrs import define, field

from adapters.clock import ManualClock, settle
from domain.completion import Completion, ProviderItem, TextDelta, TokensSoFar
from domain.pipeline.call import ProviderCall
from domain.pipeline.gathering import BEAT_CHARACTERS, BEAT_SECONDS, Beat
from domain.run.usage import Tokens
from tests.domain.pipeline.test_call import open_call


@define
class Talk:
    """A call and the hand that writes its answer."""

    clock: ManualClock
    beat: Beat
    items: asyncio.Queue[ProviderItem | None] = field(factory=asyncio.Queue)
    call: ProviderCall = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.call, _ = open_call(self._stream, self.clock, gather=self.beat.ring)

    async def give(self, *items: ProviderItem | None) -> None:
        for item in items:
            self.items.put_nowait(item)
        await settle()

    async def _stream(self) -> AsyncGenerator[ProviderItem, None]:
        while (item := await self.items.get()) is not None:
            yield item


@pytest.fixture
async def talks() -> AsyncIterator[tuple[Talk, Talk]]:
    clock = ManualClock()
    beat = Beat(clock)
    going = asyncio.create_task(beat.go_on())
    both = Talk(clock, beat), Talk(clock, beat)
    yield both
    for talk in both:
        await talk.call.close()
    going.cancel()


@pytest.fixture
def talk(talks: tuple[Talk, Talk]) -> Talk:
    return talks[0]


async def test_the_first_text_comes_at_once_and_the_next_ones_gather(talk: Talk) -> None:
    await talk.give(TokensSoFar(tokens=Tokens(input=1)), TokensSoFar(tokens=Tokens(input=2)), TextDelta(text="T"))
    first = await talk.call.take()
    taking = asyncio.create_task(talk.call.take())
    await talk.give(TextDelta(text="e"), TextDelta(text="a"))
    is_early = taking.done()
    await talk.clock.advance(BEAT_SECONDS)

    assert (first, is_early, await taking) == ("T", False, "ea")


async def test_a_lot_of_text_does_not_wait_for_the_beat(talk: Talk) -> None:
    await talk.give(TextDelta(text="T"))
    await talk.call.take()
    await talk.give(TextDelta(text="x" * BEAT_CHARACTERS))

    assert await talk.call.take() == "x" * BEAT_CHARACTERS


async def test_the_end_of_an_answer_does_not_wait_for_the_beat(talk: Talk) -> None:
    await talk.give(TextDelta(text="T"))
    await talk.call.take()
    await talk.give(TextDelta(text="ea"), Completion(model="m", stop_reason="end", tokens=Tokens(input=1)), None)

    assert (await talk.call.take(), await talk.call.take()) == ("ea", "")


async def test_one_beat_serves_every_call_and_an_idle_one_sets_no_timer(talks: tuple[Talk, Talk]) -> None:
    clock = talks[0].clock
    for talk in talks:
        await talk.give(TextDelta(text="T"))
        await talk.call.take()
    idle = clock.sleepers
    takings = [asyncio.create_task(talk.call.take()) for talk in talks]
    for talk in talks:
        await talk.give(TextDelta(text="ea"))
    timers = clock.sleepers - idle
    await clock.advance(BEAT_SECONDS)

    assert ([await taking for taking in takings], timers) == (["ea", "ea"], 1)
