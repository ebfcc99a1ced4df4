"""Claude as a provider: Anthropic's SDK, its retries off, every failure told as one of ours."""

from __future__ import annotations

import logging
import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Self

import anthropic
from anthropic import AsyncAnthropic, AsyncStream
from anthropic.resources.messages import DEPRECATED_MODELS
from anthropic.types import RawMessageStreamEvent

from adapters.providers.anthropic.answer import AnswerReader
from adapters.providers.anthropic.failure import is_about_schema, read_failure
from adapters.providers.anthropic.request import make_parameters
from adapters.providers.upstream.connection import make_client
from adapters.providers.upstream.failure import expect_events, translate_broken
from adapters.providers.upstream.offer import Offer
from adapters.providers.upstream.patience import Patience, drain
from adapters.providers.upstream.refusals import Refusals
from domain.completion import Model, PromptRequest, ProviderItem
from domain.errors import ProviderError
from domain.ports import Clock

PUBLIC_URL: Final = "https://api.anthropic.com"
ASIDE_SECONDS: Final = 5.0
"""How long a count or a list of models may take: neither is worth waiting for."""
MODELS_LISTED: Final = 100

log = logging.getLogger(__name__)


class AnthropicProvider:
    """Writes with Claude. `open` makes one; what is silent for `idle_seconds` is given up."""

    def __init__(self, client: AsyncAnthropic, *, clock: Clock, default_model: str, idle_seconds: float) -> None:
        self._client = client
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._offer = Offer(default_model, clock)
        self._refusals = Refusals()
        self._warned: set[str] = set()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        api_key: str,
        default_model: str,
        clock: Clock,
        base_url: str = PUBLIC_URL,
        idle_seconds: float = 30.0,
    ) -> AsyncIterator[Self]:
        """Connect when it is first asked, and close every connection at the end of the block."""
        client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            open_telemetry=False,
            http_client=make_client(idle_seconds=idle_seconds),
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
                while (event := await patience.wait(anext(events, None))) is not None:
                    for item in reader.read(event):
                        patience.renew()
                        yield item
                    if reader.is_whole:
                        await drain(events)
                        break
        except Exception as error:
            raise self._translate(error, request, reader) from None
        yield reader.complete()

    async def count_input(self, request: PromptRequest) -> int | None:
        """Ask the API, which counts without writing and for nothing."""
        self._hush(request.model)
        parameters = make_parameters(request, with_schema=not self._refusals.has("schema", request))
        del parameters["max_tokens"]
        try:
            counted = await self._client.messages.count_tokens(**parameters, timeout=ASIDE_SECONDS)
        except Exception as error:
            log.info("input could not be counted", extra={"error": type(error).__name__})
            return None
        tokens: object = counted.input_tokens
        return tokens if isinstance(tokens, int) else None

    async def list_models(self) -> tuple[Model, ...]:
        """Return what the API offers, the newest first behind the default; where it can't be asked, what is known."""
        return await self._offer.find(self._list_models)

    async def _list_models(self) -> list[Model]:
        page = await self._client.models.list(limit=MODELS_LISTED, timeout=ASIDE_SECONDS)
        return [Model(id=model.id, title=model.display_name) for model in page.data]

    async def _ask(self, request: PromptRequest) -> AsyncStream[RawMessageStreamEvent]:
        self._hush(request.model)
        with_schema = request.output_schema is not None and not self._refusals.has("schema", request)
        try:
            return await self._create(request, with_schema=with_schema)
        except anthropic.BadRequestError as error:
            if not with_schema or not is_about_schema(error):
                raise
        events = await self._create(request, with_schema=False)
        self._refusals.add("schema", request)
        return events

    async def _create(self, request: PromptRequest, *, with_schema: bool) -> AsyncStream[RawMessageStreamEvent]:
        parameters = make_parameters(request, with_schema=with_schema)
        events: AsyncStream[RawMessageStreamEvent] = await self._client.messages.create(**parameters, stream=True)
        return events

    def _hush(self, model: str) -> None:
        """Keep the SDK's warning of a model's end from everything but the log, where it stands once."""
        if model not in DEPRECATED_MODELS:
            return
        warnings.filterwarnings("ignore", message="The model .* is deprecated", category=DeprecationWarning)
        if model not in self._warned:
            self._warned.add(model)
            log.warning("the model is near its end of life", extra={"model": model, "until": DEPRECATED_MODELS[model]})

    def _translate(self, error: Exception, request: PromptRequest, reader: AnswerReader) -> ProviderError:
        if isinstance(error, anthropic.APIStatusError):
            secrets = (self._client.api_key or "",)
            return read_failure(error, model=request.model, secrets=secrets, now=self._clock.now).tell()
        cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else None
        return translate_broken(cause or error, idle_seconds=self._idle_seconds, has_begun=reader.has_begun)
