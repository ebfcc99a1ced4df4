"""Models."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from domain.completion import Model, PromptRequest, ProviderItem


class Provider(Protocol):
    """A language model, or whatever writes like one."""

    def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Yield any number of deltas and counts, then exactly one completion.

        Closing the generator aborts the upstream request and its billing. No delta is empty.

        Raises:
            ProviderOverloadedError: Worth retrying, after `retry_after` seconds.
            ProviderUnavailableError: Worth retrying.
            ProviderCutError: The text is not whole; worth retrying.
            ProviderStalledError: Silent for too long; worth retrying.
            ProviderRefusedError: This request can never succeed.
        """
        ...

    async def count_input(self, request: PromptRequest) -> int | None:
        """Return how many input tokens the request has for its model, None where that can't be told: then estimate.

        It neither raises for want of an answer nor costs anything, but may take a call over the network.
        """
        ...

    async def list_models(self) -> tuple[Model, ...]:
        """Return the models on offer, the default one first.

        Raises:
            ProviderUnavailableError: Worth retrying.
        """
        ...
