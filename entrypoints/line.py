"""Waiting for one's turn, up to a point."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.errors import TooManyAttemptsError


class Line:
    """Lets `at_once` in at a time, in the order in which they came; beyond `longest`, nobody may join."""

    def __init__(self, *, at_once: int = 4, longest: int = 1000) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._longest = longest
        self._length = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place and hold it for the block.

        Raises:
            TooManyAttemptsError: The line is too long.
        """
        if self._length >= self._longest:
            raise TooManyAttemptsError("Too many people log in just now; try again in a moment.", retry_after=5.0)
        self._length += 1
        try:
            async with self._places:
                yield
        finally:
            self._length -= 1
