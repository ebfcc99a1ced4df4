"""What a process does by itself: prompt set files become versions at its start, and old runs go from time to time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import structlog

from domain.content.prompt_file import FileFaults, PromptFile
from domain.errors import StoreError
from domain.ports import Clock, PromptStore, RunStore

AUTHOR: Final = "files"
"""Who published a version that came from the folder of prompt set files."""

PURGE_EVERY_SECONDS: Final = 3600.0


async def publish_prompts(prompts: PromptStore, files: Iterable[PromptFile], broken: Iterable[FileFaults]) -> None:
    """Publish every file whose content is not the newest version's; log what is wrong with the broken ones, by line."""
    log = structlog.get_logger()
    for faults in broken:
        for line in faults.lines:
            log.warning("prompt set file not used", fault=line)
    newest = {version.pin.name: version.pin for version in await prompts.list()}
    for file in files:
        version = await prompts.publish(file.name, content=file.content, source=file.source, author=AUTHOR)
        if version.pin != newest.get(file.name):
            log.info("prompt set published", prompt=f"{file.name}@{version.pin.version}", file=file.path)


async def purge_for_ever(runs: RunStore, clock: Clock, *, days: float) -> None:
    """Remove the runs that ended more than so many days ago, now and every hour; a store that fails is asked again."""
    while True:
        try:
            count = await runs.purge(clock.now() - timedelta(days=days))
        except StoreError as error:
            structlog.get_logger().warning("purge failed", code=error.code, reason=error.message)
        else:
            if count:
                structlog.get_logger().info("runs purged", runs=count, older_than_days=days)
        await clock.sleep(PURGE_EVERY_SECONDS)


@asynccontextmanager
async def owned(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a task beside the block and end it with the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
