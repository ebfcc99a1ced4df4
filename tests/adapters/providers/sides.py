"""Both adapters of real SDKs beside each other: what one must bear the other must, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

from attrs import evolve, frozen

from adapters.clock import SystemClock
from adapters.providers.anthropic.provider import AnthropicProvider
from adapters.providers.openai.provider import OpenAIProvider
from domain.completion import Completion, PromptRequest, ProviderItem, TextDelta, Turn
from domain.ports import Provider
from domain.run.model import Stage
from tests.wire.answer import Answer
from tests.wire.anthropic import AnthropicWire
from tests.wire.exchange import WireFormat
from tests.wire.openai import OpenAIWire
from tests.wire.server import WireServer, serving

KEY = "sk-canary-7f3a9c51d2"
REQUEST = PromptRequest(
    stage=Stage.GENERATOR,
    attempt=1,
    model="claude-sonnet-5-5",
    system="You write short texts.",
    turns=(Turn(role="user", content="Write about the tide."),),
    max_output_tokens=400,
    inputs={"topic": "the tide"},
)


@frozen(kw_only=True)
class Side:
    """One wire format and the adapter that speaks it."""

    name: str
    wire: WireFormat

    def open(self, url: str, *, idle_seconds: float = 5.0) -> AbstractAsyncContextManager[Provider]:
        """Open the adapter on a server of the format."""
        clock = SystemClock()
        if self.name == "anthropic":
            return AnthropicProvider.open(
                api_key=KEY, clock=clock, base_url=url, default_model=REQUEST.model, idle_seconds=idle_seconds
            )
        return OpenAIProvider.open(
            api_key=KEY, clock=clock, base_url=f"{url}/v1", default_model=REQUEST.model, idle_seconds=idle_seconds
        )

    @asynccontextmanager
    async def meet(self, *answers: Answer, idle_seconds: float = 5.0) -> AsyncIterator[tuple[Provider, WireServer]]:
        """Open adapter and server beside a block."""
        async with serving(self.wire, answers) as server, self.open(server.url, idle_seconds=idle_seconds) as provider:
            yield provider, server


ANTHROPIC = Side(name="anthropic", wire=AnthropicWire())
OPENAI = Side(name="openai", wire=OpenAIWire())
SIDES = {side.name: side for side in (ANTHROPIC, OPENAI)}


async def read(provider: Provider, request: PromptRequest = REQUEST, **changes: Any) -> list[ProviderItem]:
    """Return all that a call yields."""
    async with aclosing(provider.stream(evolve(request, **changes))) as items:
        return [item async for item in items]


def text_of(items: list[ProviderItem]) -> str:
    """Return what the deltas say together."""
    return "".join(item.text for item in items if isinstance(item, TextDelta))


def completion_of(items: list[ProviderItem]) -> Completion:
    """Return the last item, which has to be the completion."""
    last = items[-1]
    assert isinstance(last, Completion)
    return last
