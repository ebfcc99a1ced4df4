"""The laws of `Provider`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from attrs import evolve

from domain.completion import Completion, PromptRequest, TextDelta, TokensSoFar, Turn
from domain.ports import Provider
from domain.run.model import Stage

REQUEST = PromptRequest(
    stage=Stage.GENERATOR,
    attempt=1,
    model="",
    system="You write short texts. Write 40 to 60 words in all.",
    turns=(Turn(role="user", content="Write about the tide."),),
    max_output_tokens=400,
    inputs={"topic": "the tide"},
)
CLOSING_SECONDS = 5.0
"""How long a provider may take to abort its upstream request."""


class ProviderContract:
    """A subclass supplies `provider`, which must be able to answer any number of calls."""

    @pytest.fixture
    async def request_of(self, provider: Provider) -> PromptRequest:
        """The request, for the provider's default model."""
        models = await provider.list_models()
        return evolve(REQUEST, model=models[0].id)

    async def test_offers_models_by_different_ids(self, provider: Provider) -> None:
        models = await provider.list_models()

        assert models
        assert len({model.id for model in models}) == len(models)
        assert all(model.id and model.title for model in models)

    async def test_ends_with_exactly_one_completion(self, provider: Provider, request_of: PromptRequest) -> None:
        async with aclosing(provider.stream(request_of)) as items:
            got = [item async for item in items]

        assert [isinstance(item, Completion) for item in got] == [False] * (len(got) - 1) + [True]

    async def test_writes_text_in_deltas_that_are_not_empty(
        self, provider: Provider, request_of: PromptRequest
    ) -> None:
        async with aclosing(provider.stream(request_of)) as items:
            deltas = [item.text async for item in items if isinstance(item, TextDelta)]

        assert deltas
        assert all(deltas)

    async def test_gives_text_that_every_encoder_takes(self, provider: Provider, request_of: PromptRequest) -> None:
        async with aclosing(provider.stream(request_of)) as items:
            text = "".join([item.text async for item in items if isinstance(item, TextDelta)])

        assert text.encode().decode() == text

    async def test_names_the_model_that_wrote(self, provider: Provider, request_of: PromptRequest) -> None:
        async with aclosing(provider.stream(request_of)) as items:
            [completion] = [item async for item in items if isinstance(item, Completion)]

        assert completion.model

    async def test_counts_never_go_back(self, provider: Provider, request_of: PromptRequest) -> None:
        async with aclosing(provider.stream(request_of)) as items:
            counts = [item.tokens async for item in items if isinstance(item, TokensSoFar | Completion)]

        outputs = [tokens.output for tokens in counts if tokens is not None]
        assert outputs == sorted(outputs)
        assert all(0 <= tokens.cached <= tokens.input for tokens in counts if tokens is not None)

    async def test_counts_input_before_a_call_or_says_that_it_cannot(
        self, provider: Provider, request_of: PromptRequest
    ) -> None:
        counted = await provider.count_input(request_of)

        assert counted is None or counted > 0

    async def test_a_count_for_a_model_that_is_not_there_is_no_error(self, provider: Provider) -> None:
        counted = await provider.count_input(evolve(REQUEST, model="no-such-model"))

        assert counted is None or counted > 0

    async def test_closing_a_stream_early_ends_it_at_once(self, provider: Provider, request_of: PromptRequest) -> None:
        items = provider.stream(request_of)
        await anext(items)

        await asyncio.wait_for(items.aclose(), CLOSING_SECONDS)

        with pytest.raises(StopAsyncIteration):
            await anext(items)

    async def test_a_stream_that_was_never_read_can_be_closed(
        self, provider: Provider, request_of: PromptRequest
    ) -> None:
        items = provider.stream(request_of)

        await asyncio.wait_for(items.aclose(), CLOSING_SECONDS)

        with pytest.raises(StopAsyncIteration):
            await anext(items)

    async def test_a_cancelled_reader_is_not_held_back(self, provider: Provider, request_of: PromptRequest) -> None:
        is_reading = asyncio.Event()

        async def read() -> None:
            async with aclosing(provider.stream(request_of)) as items:
                async for _ in items:
                    is_reading.set()
                    await asyncio.Event().wait()

        reading = asyncio.create_task(read())
        await is_reading.wait()
        reading.cancel()

        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(reading, CLOSING_SECONDS)

    async def test_streams_do_not_disturb_each_other(self, provider: Provider, request_of: PromptRequest) -> None:
        async def read() -> bool:
            async with aclosing(provider.stream(request_of)) as items:
                got = [item async for item in items]
            return isinstance(got[-1], Completion) and any(isinstance(item, TextDelta) for item in got)

        closed_early = provider.stream(request_of)
        await anext(closed_early)
        first, second = asyncio.create_task(read()), asyncio.create_task(read())
        await closed_early.aclose()

        assert (await first, await second) == (True, True)
