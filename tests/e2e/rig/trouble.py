"""A provider that brings trouble to the process it runs in, for inputs that name it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from attrs import frozen

from domain.completion import Model, PromptRequest, ProviderItem, TextDelta
from domain.ports import Provider

EXIT_CODE = 70
CLINGING_SECONDS = 3.0
TROUBLE_AFTER = 3
"""Deltas that come before it, so that something is under way."""


@frozen(kw_only=True)
class TroubleProvider:
    """What the inputs name happens: "poison" ends the process, "block" holds its loop, "cling" is slow to let go."""

    inner: Provider
    block_seconds: float = 0.0

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        words = " ".join(str(value) for value in request.inputs.values()).split()
        deltas = 0
        try:
            async with aclosing(self.inner.stream(request)) as items:
                async for item in items:
                    yield item
                    deltas += isinstance(item, TextDelta)
                    if deltas == TROUBLE_AFTER:
                        self._make_trouble(words)
        finally:
            if "cling" in words:
                await asyncio.sleep(CLINGING_SECONDS)

    async def count_input(self, request: PromptRequest) -> int | None:
        return await self.inner.count_input(request)

    async def list_models(self) -> tuple[Model, ...]:
        return await self.inner.list_models()

    def _make_trouble(self, words: list[str]) -> None:
        if "poison" in words:
            os._exit(EXIT_CODE)
        if "block" in words:
            time.sleep(self.block_seconds)
