"""Any OpenAI-compatible server as a provider: OpenAI's SDK, its retries off, every failure told as one of ours."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from adapters.providers.openai.answer import AnswerReader
from adapters.providers.openai.failure import read_failure
from adapters.providers.openai.request import WORDS, find_refused, make_parameters
from adapters.providers.upstream.connection import make_client
from adapters.providers.upstream.failure import expect_events, translate_broken
from adapters.providers.upstream.offer import Offer
from adapters.providers.upstream.patience import Patience
from adapters.providers.upstream.refusals import Refusals
from domain.completion import Model, PromptRequest, ProviderItem
from domain.errors import ProviderError
from domain.ports import Clock

PUBLIC_URL: Final = "https://api.openai.com/v1"
ASIDE_SECONDS: Final = 5.0
"""How long a list of models may take."""
NO_KEY: Final = "none"
COUNT_SECONDS: Final = 2.0
"""How long is waited for the usage behind a text that is whole."""


class OpenAIProvider:
    """Writes with the models of one server. `open` makes one; what is silent for `idle_seconds` is given up."""

    def __init__(self, client: AsyncOpenAI, *, clock: Clock, default_model: str, idle_seconds: float) -> None:
        self._client = client
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._offer = Offer(default_model, clock)
        self._refusals = Refusals()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        default_model: str,
        clock: Clock,
        api_key: str | None = None,
        base_url: str = PUBLIC_URL,
        idle_seconds: float = 30.0,
    ) -> AsyncIterator[Self]:
        """Connect when it is first asked, and close every connection at the end of the block.

        Without a key none is sent, as servers on one's own machine want it.
        """
        left_out = frozenset[str]() if api_key else frozenset({"authorization"})
        client = AsyncOpenAI(
            api_key=api_key or NO_KEY,
            base_url=base_url,
            max_retries=0,
            http_client=make_client(idle_seconds=idle_seconds, left_out=left_out),
        )
        async with client:
            yield cls(client, clock=clock, default_model=default_model, idle_seconds=idle_seconds)

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Yield the text as it comes, and what is counted.

        Raises:
            ProviderError: As the port says; whatever the SDK, the connection or the answer has to complain of.
        """
        reader = AnswerReader(model=request.model, max_output_tokens=request.max_output_tokens)
        patience = Patience(self._idle_seconds)
        try:
            async with await patience.wait(self._ask(request)) as events:
                expect_events(events.response)
                while (chunk := await patience.wait(anext(events, None))) is not None:
                    for item in reader.read(chunk):
                        patience.renew()
                        yield item
                    if reader.has_finished:
                        patience.shorten(COUNT_SECONDS)
        except Exception as error:
            # Behind the end of the text there is only a count to be lost.
            if not reader.has_finished:
                raise self._translate(error, request, reader) from None
        yield reader.complete()

    async def count_input(self, request: PromptRequest) -> int | None:  # noqa: ARG002
        """It can't be told: no such server counts before it writes."""
        return None

    async def list_models(self) -> tuple[Model, ...]:
        """Return what the server offers behind the default; where it can't be asked, what is known."""
        return await self._offer.find(self._list_models)

    async def _list_models(self) -> list[Model]:
        page = await self._client.models.list(timeout=ASIDE_SECONDS)
        return [Model(id=model.id, title=model.id) for model in page.data]

    async def _ask(self, request: PromptRequest) -> AsyncStream[ChatCompletionChunk]:
        """Ask again without what the server names as the reason of a refusal, part by part."""
        for _ in WORDS:
            parameters = make_parameters(request, is_refused=self._refusals.has)
            try:
                return await self._create(parameters)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                part = find_refused(str(error.message), parameters)
                if part is None:
                    raise
                self._refusals.add(part, request)
        return await self._create(make_parameters(request, is_refused=self._refusals.has))

    async def _create(self, parameters: dict[str, Any]) -> AsyncStream[ChatCompletionChunk]:
        events: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(**parameters, stream=True)
        return events

    def _translate(self, error: Exception, request: PromptRequest, reader: AnswerReader) -> ProviderError:
        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
            secrets = (self._client.api_key,)
            return read_failure(error, model=request.model, secrets=secrets, now=self._clock.now).tell()
        cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else None
        return translate_broken(cause or error, idle_seconds=self._idle_seconds, has_begun=reader.has_begun)
