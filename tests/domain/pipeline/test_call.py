"""One provider call: bounded, closed for certain, counted even when it is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from attrs import define, evolve

from adapters.clock import ManualClock, settle
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta, TokensSoFar, Turn
from domain.errors import (
    ProviderCutError,
    ProviderOverloadedError,
    ProviderStalledError,
    ProviderUnavailableError,
)
from domain.pipeline.call import (
    CHARACTERS_ALLOWED_ANYHOW,
    CHARACTERS_PER_TOKEN_AT_MOST,
    CLOSING_SECONDS,
    READY_CHARACTERS,
    DeadlineMetError,
    ProviderCall,
)
from domain.run.model import Stage
from domain.run.usage import Tokens

REQUEST = PromptRequest(
    stage=Stage.GENERATOR,
    attempt=1,
    model="m",
    system="1234",
    turns=(Turn(role="user", content="123"),),
    max_output_tokens=100,
    inputs={},
)
DONE = Completion(model="m-1", stop_reason="end", tokens=Tokens(input=7, output=3))
Stream = Callable[[], AsyncGenerator[ProviderItem, None]]


@define
class Writing:
    """A provider that streams as the test says."""

    items: Stream
    closed: int = 0

    async def stream(self, _: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        try:
            async for item in self.items():
                yield item
        finally:
            self.closed += 1

    async def count_input(self, _: PromptRequest) -> int | None:
        return None

    async def list_models(self) -> tuple[Model, ...]:
        return ()


def open_call(
    items: Stream,
    clock: ManualClock,
    *,
    seconds_left: float = 100.0,
    on_answer: Callable[[], None] = lambda: None,
    gather: Callable[[asyncio.Event], None] = asyncio.Event.set,
    request: PromptRequest = REQUEST,
) -> tuple[ProviderCall, Writing]:
    provider = Writing(items)
    call = ProviderCall(
        provider,
        request,
        clock=clock,
        idle_seconds=30.0,
        seconds_left=seconds_left,
        on_answer=on_answer,
        gather=gather,
    )
    return call, provider


async def write_two() -> AsyncGenerator[ProviderItem, None]:
    yield TextDelta(text="Te")
    yield TextDelta(text="a")
    yield DONE


async def write_and_stall() -> AsyncGenerator[ProviderItem, None]:
    yield TextDelta(text="Tea")
    await asyncio.Event().wait()


async def write_and_end() -> AsyncGenerator[ProviderItem, None]:
    yield TextDelta(text="Tea")


async def test_all_that_is_ready_is_taken_at_once() -> None:
    call, _ = open_call(write_two, ManualClock())
    await settle()

    assert (await call.take(), await call.take(), call.completion) == ("Tea", "", DONE)
    assert call.count() == (Tokens(input=7, output=3), False)
    await call.close()


async def test_closing_closes_the_providers_stream_at_once() -> None:
    call, provider = open_call(write_and_stall, ManualClock())
    await call.take()

    await call.close()

    assert provider.closed == 1


async def test_a_call_that_is_cut_is_counted_by_its_texts() -> None:
    call, _ = open_call(write_and_stall, ManualClock())
    await call.take()
    await call.close()

    assert call.count() == (Tokens(input=2, output=1), True)


async def test_a_count_of_the_provider_is_better_than_a_guess() -> None:
    async def count_and_stall() -> AsyncGenerator[ProviderItem, None]:
        yield TokensSoFar(tokens=Tokens(input=50, output=1, cached=20))
        yield TextDelta(text="x" * 40)
        await asyncio.Event().wait()

    call, _ = open_call(count_and_stall, ManualClock())
    await call.take()
    await call.close()

    assert call.count() == (Tokens(input=50, output=10, cached=20), True)


async def test_a_call_that_was_refused_has_used_nothing() -> None:
    async def refuse() -> AsyncGenerator[ProviderItem, None]:
        raise ProviderOverloadedError("Busy.")
        yield DONE

    call, _ = open_call(refuse, ManualClock())
    with pytest.raises(ProviderOverloadedError):
        await call.take()
    await call.close()

    assert call.count() == (Tokens(), True)


async def test_a_completion_without_a_count_is_estimated() -> None:
    async def write() -> AsyncGenerator[ProviderItem, None]:
        yield TextDelta(text="Tea!!")
        yield Completion(model="m", stop_reason="end", tokens=None)

    call, _ = open_call(write, ManualClock())
    while await call.take():
        pass
    await call.close()

    assert call.count() == (Tokens(input=2, output=2), True)


async def test_text_before_a_failure_is_given_out_first() -> None:
    call, _ = open_call(write_and_end, ManualClock())
    await settle()

    assert await call.take() == "Tea"
    with pytest.raises(ProviderCutError, match="before it was whole"):
        await call.take()
    await call.close()


async def test_half_a_character_does_not_reach_the_log() -> None:
    async def write_half() -> AsyncGenerator[ProviderItem, None]:
        yield TextDelta(text="Tea \ud83c")
        yield DONE

    call, _ = open_call(write_half, ManualClock())

    assert await call.take() == "Tea \ufffd"
    await call.close()


async def test_an_empty_answer_is_a_failure() -> None:
    async def say_nothing() -> AsyncGenerator[ProviderItem, None]:
        yield DONE

    call, _ = open_call(say_nothing, ManualClock())
    with pytest.raises(ProviderCutError, match="empty"):
        await call.take()
    await call.close()


async def test_a_failure_that_no_provider_should_have_is_worth_retrying() -> None:
    async def fail() -> AsyncGenerator[ProviderItem, None]:
        yield TextDelta(text="Tea")
        raise ZeroDivisionError

    call, _ = open_call(fail, ManualClock())
    await call.take()
    with pytest.raises(ProviderUnavailableError) as failed:
        await call.take()
    await call.close()

    assert isinstance(failed.value.__cause__, ZeroDivisionError)


async def test_silence_is_a_stall() -> None:
    clock = ManualClock()
    call, provider = open_call(write_and_stall, clock)
    await call.take()
    waiting = asyncio.create_task(call.take())

    await clock.advance(29.0)
    was_waiting = not waiting.done()
    await clock.advance(1.0)

    assert was_waiting
    with pytest.raises(ProviderStalledError):
        await waiting
    assert provider.closed == 1
    await call.close()


async def test_a_text_that_grows_is_no_stall() -> None:
    clock = ManualClock()

    async def write_slowly() -> AsyncGenerator[ProviderItem, None]:
        for _ in range(3):
            await clock.sleep(25.0)
            yield TextDelta(text="x")
        yield DONE

    call, _ = open_call(write_slowly, clock)
    taking = asyncio.create_task(_take_all(call))
    await clock.advance(75.0)

    assert await taking == "xxx"
    await call.close()


async def test_the_deadline_ends_a_call_that_writes() -> None:
    clock = ManualClock()
    call, provider = open_call(write_and_stall, clock, seconds_left=10.0)
    await call.take()
    waiting = asyncio.create_task(call.take())
    await clock.advance(10.0)

    with pytest.raises(DeadlineMetError):
        await waiting
    assert provider.closed == 1
    await call.close()


async def test_a_reader_that_is_slow_holds_the_provider_back_and_is_no_stall() -> None:
    clock = ManualClock()
    given = 0

    async def write_a_lot() -> AsyncGenerator[ProviderItem, None]:
        nonlocal given
        for _ in range(READY_CHARACTERS * 2):
            given += 1
            yield TextDelta(text="x")
        yield DONE

    call, _ = open_call(write_a_lot, clock, request=evolve(REQUEST, max_output_tokens=1000))
    await clock.advance(60.0)
    given_before = given

    assert given_before == READY_CHARACTERS
    assert len(await _take_all(call)) == READY_CHARACTERS * 2
    await call.close()


async def test_a_provider_that_does_not_let_go_is_left_behind() -> None:
    clock = ManualClock()
    release = asyncio.Event()

    async def cling() -> AsyncGenerator[ProviderItem, None]:
        try:
            yield TextDelta(text="Tea")
            await asyncio.Event().wait()
        finally:
            await release.wait()

    call, _ = open_call(cling, clock)
    await call.take()
    closing = asyncio.create_task(call.close())
    await clock.advance(CLOSING_SECONDS)

    assert closing.done()
    release.set()
    await settle()


async def test_a_stalled_provider_that_does_not_let_go_is_still_a_stall() -> None:
    clock = ManualClock()
    release = asyncio.Event()

    async def cling() -> AsyncGenerator[ProviderItem, None]:
        try:
            yield TextDelta(text="Tea")
            await asyncio.Event().wait()
        finally:
            await release.wait()

    call, _ = open_call(cling, clock)
    await call.take()
    waiting = asyncio.create_task(call.take())
    await clock.advance(30.0)

    with pytest.raises(ProviderStalledError):
        await waiting
    release.set()
    await call.close()


async def test_a_text_without_end_is_broken_off_in_bounded_memory() -> None:
    limit = CHARACTERS_ALLOWED_ANYHOW + CHARACTERS_PER_TOKEN_AT_MOST * REQUEST.max_output_tokens
    given = 0

    async def flood() -> AsyncGenerator[ProviderItem, None]:
        nonlocal given
        for _ in range(50):
            given += 1_000_000
            yield TextDelta(text="x" * 1_000_000)
        yield DONE

    call, provider = open_call(flood, ManualClock())
    with pytest.raises(ProviderCutError, match="far more than it was allowed to"):
        await call.take()
    await call.close()

    assert (given, provider.closed, limit < 1_000_000) == (1_000_000, 1, True)


async def test_a_text_of_single_characters_is_taken_many_at_a_time_up_to_the_same_bound() -> None:
    limit = CHARACTERS_ALLOWED_ANYHOW + CHARACTERS_PER_TOKEN_AT_MOST * REQUEST.max_output_tokens

    async def trickle() -> AsyncGenerator[ProviderItem, None]:
        while True:
            yield TextDelta(text="x")

    call, _ = open_call(trickle, ManualClock())
    pieces = []
    with pytest.raises(ProviderCutError):
        while True:
            pieces.append(await call.take())
    await call.close()

    assert (sum(map(len, pieces)), len(pieces)) == (limit, -(-limit // READY_CHARACTERS))


async def test_counts_that_do_not_grow_are_silence() -> None:
    clock = ManualClock()

    async def ping() -> AsyncGenerator[ProviderItem, None]:
        while True:
            yield TokensSoFar(tokens=Tokens(input=5, output=1))
            await clock.sleep(5.0)

    call, provider = open_call(ping, clock)
    waiting = asyncio.create_task(call.take())
    await clock.advance(29.0)
    was_waiting = not waiting.done()
    await clock.advance(1.0)

    assert was_waiting
    with pytest.raises(ProviderStalledError):
        await waiting
    assert provider.closed == 1
    await call.close()


async def test_a_model_that_thinks_is_not_silent() -> None:
    clock = ManualClock()

    async def think() -> AsyncGenerator[ProviderItem, None]:
        for count in range(4):
            yield TokensSoFar(tokens=Tokens(input=5, output=count))
            await clock.sleep(20.0)
        yield TextDelta(text="Tea")
        yield DONE

    call, _ = open_call(think, clock)
    taking = asyncio.create_task(_take_all(call))
    await clock.advance(80.0)

    assert await taking == "Tea"
    await call.close()


@pytest.mark.parametrize(
    ("items", "answers"),
    [
        ((TokensSoFar(tokens=Tokens(input=5)),), 0),
        ((TokensSoFar(tokens=Tokens(input=5)), TokensSoFar(tokens=Tokens(input=5))), 0),
        ((TokensSoFar(tokens=Tokens(input=5)), TokensSoFar(tokens=Tokens(input=5, output=1))), 1),
        ((TextDelta(text="Tea"), TextDelta(text=" is"), DONE), 1),
    ],
)
async def test_an_answer_is_known_once_the_model_writes(items: tuple[ProviderItem, ...], answers: int) -> None:
    told = []

    async def write() -> AsyncGenerator[ProviderItem, None]:
        for item in items:
            yield item

    call, _ = open_call(write, ManualClock(), on_answer=lambda: told.append(1))
    await settle()
    await call.close()

    assert len(told) == answers


async def _take_all(call: ProviderCall) -> str:
    text = ""
    while piece := await call.take():
        text += piece
    return text
