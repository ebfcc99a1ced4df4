"""Waiting for what another program does, which no event of this one tells of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

PATIENCE_SECONDS = 20.0
LOOK_SECONDS = 0.01


class Listening(Protocol):
    """A store that hears what other processes do."""

    @property
    def is_listening(self) -> bool: ...


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Look again and again until it is so."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(LOOK_SECONDS)


async def hears(store: Listening, *, really: bool = True, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until a store has noticed that it hears what others do, or that it does not."""

    async def is_so() -> bool:
        return store.is_listening is really

    await until(is_so, seconds=seconds)
