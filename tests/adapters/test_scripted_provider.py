"""The scripted provider: what it replays, and what it remembers."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from adapters.clock import ManualClock, settle
from adapters.providers.scripted import Pause, Script, ScriptedProvider, Stall, split_words
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta, TokensSoFar
from domain.errors import ProviderOverloadedError, ProviderRefusedError
from domain.run.model import Stage
from domain.run.usage import Tokens


def ask(stage: Stage = Stage.GENERATOR, attempt: int = 1) -> PromptRequest:
    return PromptRequest(stage=stage, attempt=attempt, model="m", system="", turns=(), max_output_tokens=100, inputs={})


async def read(provider: ScriptedProvider, request: PromptRequest) -> list[ProviderItem]:
    async with aclosing(provider.stream(request)) as items:
        return [item async for item in items]


async def test_a_text_is_streamed_word_by_word_by_the_model_that_was_asked_for() -> None:
    provider = ScriptedProvider(["Two  words."], clock=ManualClock())

    assert await read(provider, ask()) == [
        TextDelta(text="Two "),
        TextDelta(text=" "),
        TextDelta(text="words."),
        Completion(model="m", stop_reason="end", tokens=None),
    ]


async def test_a_script_says_what_the_stream_holds_and_how_it_ends() -> None:
    counted = Tokens(input=1, output=2)
    script = Script(
        pieces=("a", "", TokensSoFar(tokens=counted), "b"), stop_reason="max_tokens", tokens=counted, model="other"
    )

    assert await read(ScriptedProvider([script], clock=ManualClock()), ask()) == [
        TextDelta(text="a"),
        TokensSoFar(tokens=counted),
        TextDelta(text="b"),
        Completion(model="other", stop_reason="max_tokens", tokens=counted),
    ]


async def test_calls_get_the_scripts_in_their_order_and_none_behind_the_last() -> None:
    provider = ScriptedProvider(["one", "two"], clock=ManualClock())

    first, second = await read(provider, ask()), await read(provider, ask())

    assert (first[0], second[0]) == (TextDelta(text="one"), TextDelta(text="two"))
    with pytest.raises(ProviderRefusedError, match=r"no script for call 3 \(generator, attempt 1\)"):
        await read(provider, ask())


async def test_scripts_may_be_given_by_stage_and_attempt() -> None:
    provider = ScriptedProvider({(Stage.RETRY, 2): "mended"}, clock=ManualClock())

    for _ in range(2):
        assert (await read(provider, ask(Stage.RETRY, 2)))[0] == TextDelta(text="mended")
    with pytest.raises(ProviderRefusedError):
        await read(provider, ask())


async def test_a_failure_comes_behind_the_pieces() -> None:
    failure = ProviderOverloadedError("Too many.", retry_after=3)
    provider = ScriptedProvider([Script(pieces=("a",), failure=failure)], clock=ManualClock())
    got: list[ProviderItem] = []

    with pytest.raises(ProviderOverloadedError) as raised:
        async with aclosing(provider.stream(ask())) as items:
            async for item in items:
                got.append(item)

    assert (got, raised.value) == ([TextDelta(text="a")], failure)
    assert provider.closed_early == []


async def test_a_pause_is_silence_on_the_clock() -> None:
    clock = ManualClock()
    provider = ScriptedProvider([Script(pieces=("a", Pause(seconds=5), "b"))], clock=clock)
    reading = asyncio.create_task(read(provider, ask()))

    await clock.advance(4.9)
    assert not reading.done()
    await clock.advance(0.1)
    assert len(await reading) == 3


async def test_a_stall_lasts_until_the_stream_is_closed() -> None:
    clock = ManualClock()
    provider = ScriptedProvider([Script(pieces=("a", Stall(), "b"))], clock=clock)
    reading = asyncio.create_task(read(provider, ask()))

    await clock.advance(1_000_000)
    assert provider.open_streams == 1
    reading.cancel()
    await settle()

    assert (provider.open_streams, provider.closed_early) == (0, [ask()])


async def test_it_remembers_calls_and_which_were_closed_early() -> None:
    provider = ScriptedProvider(["one two", "three"], clock=ManualClock())
    first, second = ask(), ask(Stage.RETRY, 2)

    items = provider.stream(first)
    await anext(items)
    assert provider.open_streams == 1
    await items.aclose()
    await read(provider, second)

    assert provider.requests == [first, second]
    assert provider.closed_early == [first]
    assert provider.open_streams == 0


async def test_closing_behind_the_completion_is_not_early() -> None:
    provider = ScriptedProvider(["one"], clock=ManualClock())
    items = provider.stream(ask())

    await anext(items)
    await anext(items)
    await items.aclose()

    assert provider.closed_early == []


async def test_it_offers_itself() -> None:
    assert await ScriptedProvider([], clock=ManualClock()).list_models() == (Model(id="scripted", title="Scripted"),)


@pytest.mark.parametrize("text", ["", " ", "a", " a  b ", "a\nb c"])
def test_splitting_loses_nothing(text: str) -> None:
    assert "".join(split_words(text)) == text
