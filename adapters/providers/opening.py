"""Opening the provider that is set, without importing another one's SDK: each takes a second or so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import EntryPoint
from typing import Protocol

from adapters.providers.sample.provider import SampleProvider
from domain.errors import GalleyError
from domain.ports import Clock, Provider


class ProviderNotOpenedError(GalleyError):
    """A third party's provider could not be made."""

    code = "provider_not_opened"


class Choice(Protocol):
    """What is set of providers; `default_model` is None only where the provider knows it."""

    @property
    def provider_name(self) -> str:
        """One of ours, or the name of an entry point."""
        ...

    @property
    def default_model(self) -> str | None: ...  # noqa: D102
    @property
    def idle_seconds(self) -> float: ...  # noqa: D102
    @property
    def sample_tokens_per_second(self) -> float: ...  # noqa: D102
    @property
    def anthropic_api_key(self) -> str | None: ...  # noqa: D102
    @property
    def anthropic_base_url(self) -> str | None: ...  # noqa: D102
    @property
    def openai_api_key(self) -> str | None: ...  # noqa: D102
    @property
    def openai_base_url(self) -> str | None: ...  # noqa: D102


@asynccontextmanager
async def open_provider(choice: Choice, clock: Clock, entries: Mapping[str, EntryPoint]) -> AsyncIterator[Provider]:
    """Open what is chosen, one of ours or a third party's among the entry points, and close it behind the block.

    Raises:
        ProviderNotOpenedError: The third party's can't be made.
    """
    match choice.provider_name:
        case "sample":
            yield SampleProvider(clock, tokens_per_second=choice.sample_tokens_per_second)
        case "anthropic":
            async with _open_anthropic(choice, clock) as provider:
                yield provider
        case "openai":
            async with _open_openai(choice, clock) as provider:
                yield provider
        case name:
            async with AsyncExitStack() as stack:
                made = make_given(entries[name])
                yield await stack.enter_async_context(made) if isinstance(made, AbstractAsyncContextManager) else made


def make_given(entry: EntryPoint) -> Provider | AbstractAsyncContextManager[Provider]:
    """Make a third party's provider: its factory takes no argument; what is an async context as well gets closed.

    Raises:
        ProviderNotOpenedError: It can't be imported or made.
    """
    try:
        made: Provider | AbstractAsyncContextManager[Provider] = entry.load()()
    # Whatever somebody else's module does, the operator is told whose fault it is; its words may hold a key.
    except (Exception, SystemExit) as error:
        message = f"The provider {entry.name!r} ({entry.value}) can't be made: {type(error).__name__}."
        raise ProviderNotOpenedError(message) from None
    return made


def _open_anthropic(choice: Choice, clock: Clock) -> AbstractAsyncContextManager[Provider]:
    from adapters.providers.anthropic.provider import PUBLIC_URL, AnthropicProvider

    assert choice.anthropic_api_key is not None
    assert choice.default_model is not None
    return AnthropicProvider.open(
        api_key=choice.anthropic_api_key,
        clock=clock,
        base_url=choice.anthropic_base_url or PUBLIC_URL,
        default_model=choice.default_model,
        idle_seconds=choice.idle_seconds,
    )


def _open_openai(choice: Choice, clock: Clock) -> AbstractAsyncContextManager[Provider]:
    from adapters.providers.openai.provider import PUBLIC_URL, OpenAIProvider

    assert choice.default_model is not None
    return OpenAIProvider.open(
        api_key=choice.openai_api_key,
        clock=clock,
        base_url=choice.openai_base_url or PUBLIC_URL,
        default_model=choice.default_model,
        idle_seconds=choice.idle_seconds,
    )
