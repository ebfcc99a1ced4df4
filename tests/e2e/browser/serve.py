"""`galley serve` with a provider that says its input again, and waits where the input says so.

`python -m tests.e2e.browser.serve`: "⏸" waits for the file `open` in the data folder; "⏵" ends a delta and waits until
it is on its way; "␀" to "␟" stand for the control characters, which no input may have.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from pathlib import Path

from attrs import frozen

from adapters.clock import SystemClock
from adapters.providers.scripted import split_words
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta
from domain.ports import Clock
from domain.run.usage import Tokens
from entrypoints.bootstrap import bootstrap
from entrypoints.http.app import create_app
from entrypoints.http.server import ServerConfig, serve
from entrypoints.log import setup_logging
from entrypoints.settings import Settings, read_settings

LOOK_SECONDS = 0.02
WAIT = "⏸"
END_OF_DELTA = "⏵"
APART_SECONDS = 0.06
"""Longer than deltas are gathered for."""
CONTROLS = {0x2400 + code: code for code in range(0x20)}


@frozen(kw_only=True)
class EchoProvider:
    """Streams the input `words` so many deltas per second, 0 as fast as they are taken."""

    clock: Clock
    gate: Path
    per_second: float

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Say the text again; its waits and ends of deltas are not part of it."""
        pieces = [piece for piece in _cut(str(request.inputs["words"])) if piece]
        for piece in pieces:
            if piece == WAIT:
                await self._wait()
            elif piece == END_OF_DELTA:
                await self.clock.sleep(APART_SECONDS)
            else:
                await self.clock.sleep(1 / self.per_second if self.per_second else 0)
                yield TextDelta(text=piece.translate(CONTROLS))
        yield Completion(model=request.model, stop_reason="end", tokens=Tokens(input=10, output=len(pieces)))

    async def count_input(self, request: PromptRequest) -> int | None:
        """Don't know."""
        return None

    async def list_models(self) -> tuple[Model, ...]:
        """Return the one model there is."""
        return (Model(id="echo", title="Echo"),)

    async def _wait(self) -> None:
        while not self.gate.exists():
            await self.clock.sleep(LOOK_SECONDS)


def _cut(text: str) -> Iterator[str]:
    for part in re.split(f"({WAIT}|{END_OF_DELTA})", text):
        yield from (part,) if END_OF_DELTA in text else split_words(part)


async def _serve_echo(settings: Settings) -> None:
    clock = SystemClock()
    provider = EchoProvider(clock=clock, gate=settings.data / "open", per_second=settings.sample_tokens_per_second)
    config = ServerConfig(host=settings.host, port=settings.port, grace_seconds=settings.grace_seconds)
    async with bootstrap(settings, provider=provider, clock=clock) as house:
        on_drain = partial(house.drain, grace_seconds=settings.grace_seconds)
        await serve(create_app(house.services), config, on_drain=on_drain)


if __name__ == "__main__":
    found, _ = read_settings(os.environ)
    setup_logging(found.log_level, found.log_format)
    asyncio.run(_serve_echo(found))
