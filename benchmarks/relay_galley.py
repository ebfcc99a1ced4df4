"""Galley as the relay benchmark measures it: all of the service, with the simulated model as its provider."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from benchmarks.model import write_pieces
from domain.completion import Completion, Model, PromptRequest, ProviderItem, TextDelta
from domain.run.usage import Tokens
from entrypoints.bootstrap import bootstrap
from entrypoints.http.app import create_app
from entrypoints.http.server import ServerConfig, serve
from entrypoints.log import setup_logging
from entrypoints.settings import Settings, read_settings


class PieceProvider:
    """Writes the pieces that the run's inputs ask for."""

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Yield each piece as a delta."""
        async with aclosing(write_pieces(request.inputs)) as pieces:
            async for piece in pieces:
                yield TextDelta(text=piece)
        yield Completion(
            model=request.model, stop_reason="end", tokens=Tokens(input=20, output=request.inputs["pieces"])
        )

    async def count_input(self, _: PromptRequest) -> int | None:
        """It can't tell."""
        return None

    async def list_models(self) -> tuple[Model, ...]:
        """Return the one that there is."""
        return (Model(id="pieces", title="Pieces"),)


async def run(settings: Settings, port: int) -> None:
    """Serve as the command does."""
    async with bootstrap(settings, provider=PieceProvider()) as house:
        on_drain = partial(house.drain, grace_seconds=settings.grace_seconds)
        await serve(create_app(house.services), ServerConfig(port=port, grace_seconds=1), on_drain=on_drain)


def main() -> None:
    """Read the settings as the command does."""
    settings, _ = read_settings(os.environ)
    setup_logging(settings.log_level, settings.log_format)
    asyncio.run(run(settings, int(sys.argv[1])))


if __name__ == "__main__":
    main()
