"""How long silence is borne: pings and empty events are silence, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Final, TypeVar

from adapters.providers.upstream.failure import stalled

Result = TypeVar("Result")
DRAIN_SECONDS: Final = 0.1


class Patience:
    """Ends a wait when nothing of use came for so long; the time between two waits is the reader's and not counted."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._left = idle_seconds

    def renew(self) -> None:
        """Something of use came."""
        self._left = self._idle_seconds

    def shorten(self, seconds: float) -> None:
        """From now on there is not much to wait for."""
        self._idle_seconds = min(self._idle_seconds, seconds)
        self.renew()

    async def wait(self, work: Awaitable[Result]) -> Result:
        """Return what comes.

        Raises:
            ProviderStalledError: Nothing came in time; the work is cancelled.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self._left):
                return await work
        except TimeoutError:
            raise stalled(self._idle_seconds) from None
        finally:
            self._left -= loop.time() - begun


async def drain(events: AsyncIterator[object]) -> None:
    """Read the end of a stream whose answer is whole, so that its connection can be used again, but don't wait long."""
    with suppress(Exception):
        async with asyncio.timeout(DRAIN_SECONDS):
            await anext(events, None)
