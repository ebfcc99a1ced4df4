"""The model that both sides simulate: pieces of one size at one pace, each with the moment at which it was made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

STAMP = rb"t(\d{19}) "


async def write_pieces(count: int, per_second: float) -> AsyncGenerator[str, None]:
    """Yield `count` pieces of 21 characters, at a pace or (0) as fast as they are taken.

    A piece is the machine's monotonic clock in nanoseconds, which is the same for every process of it.
    """
    begun = time.monotonic()
    for number in range(count):
        wait = begun + number / per_second - time.monotonic() if per_second else 0.0
        await asyncio.sleep(max(0.0, wait))
        yield f"t{time.monotonic_ns():019d} "
