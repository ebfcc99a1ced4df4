"""What happens to a fleet while it works."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from tests.e2e.rig.engine import Engine
from tests.e2e.rig.process import GalleyProcess


@asynccontextmanager
async def faults(*kinds: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let faults happen beside the block; they end with it."""
    tasks = [asyncio.create_task(kind) for kind in kinds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [error for error in ended if error is not None and not isinstance(error, asyncio.CancelledError)]
    if failed:
        raise failed[0]


async def kill_again_and_again(processes: list[GalleyProcess], *, every: float, chance: random.Random) -> None:
    """Kill one of them, as kill -9 does, and start it again without waiting for it."""
    while True:
        await asyncio.sleep(every)
        process = chance.choice(processes)
        await process.kill_group()
        process.launch()


async def stop_store_again_and_again(
    engine: Engine, *, between: tuple[float, float], down: tuple[float, float], chance: random.Random
) -> None:
    """End the store the hard way and let it be away for a while; it is there again at the end."""
    while True:
        await asyncio.sleep(chance.uniform(*between))
        stopping = asyncio.ensure_future(asyncio.to_thread(engine.stop))
        try:
            await asyncio.shield(stopping)
            await asyncio.sleep(chance.uniform(*down))
        finally:
            await stopping
            engine.start()
