"""`galley work`: a worker in a process of its own."""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final

import click
import structlog

from entrypoints.bootstrap import open_core
from entrypoints.commands.configuration import load_settings
from entrypoints.house import SHARE_OF_GRACE, Core
from entrypoints.settings import Settings
from entrypoints.upkeep import owned
from entrypoints.worker import WorkerOwner

ALIVE_SECONDS: Final = 5.0


@click.command(
    help="""Work on runs in a process of its own, for a store that several processes share.

    Such a store is PostgreSQL or Redis; with SQLite or the memory store it is `galley serve` that works on runs.
    Ctrl-C or SIGTERM ends it: runs that don't end within GALLEY_GRACE_SECONDS are handed over to another worker, and
    a second signal hands them over at once.
    """
)
@click.option(
    "--alive",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Touch this file every few seconds while runs are worked on; a worker has no port that could be asked.",
)
def command(alive: Path | None) -> None:
    """Work until a signal."""
    settings = load_settings(is_service=True)
    if not settings.is_store_shared:
        scheme = settings.store.partition(":")[0]
        raise click.UsageError(
            f"The store is {scheme}, which one process has for itself: `galley serve` works on its runs. A worker of "
            "its own needs one that several share, postgresql:// or redis://."
        )
    if settings.workers == 0:
        raise click.UsageError("WORKERS is 0, with which nothing is worked on; set it to 1 or more.")
    asyncio.run(work(settings, alive=alive))


async def work(settings: Settings, *, alive: Path | None = None, **given: Any) -> None:
    """Work until a signal; what is given goes to the core."""
    log = structlog.get_logger()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(open_core(settings, **given))
        if alive is not None:
            await stack.enter_async_context(owned(_show_life(alive, core)))
        # As the server does: what is here now stays to the end.
        gc.freeze()
        log.info("working", store=settings.store.partition(":")[0], workers=settings.workers)
        await signals.get()
        log.info("draining", grace_seconds=settings.grace_seconds)
        if core.worker is not None:
            await _stop(core.worker, signals, grace_seconds=settings.grace_seconds * SHARE_OF_GRACE)
    log.info("stopped")


async def _show_life(alive: Path, core: Core) -> None:
    """Touch the file for as long as this loop turns and the worker works, so that its age tells of either's end."""
    while True:
        if core.is_working:
            with suppress(OSError):
                alive.touch()  # noqa: ASYNC240 -- of a worker whose disk hangs the age has to show
        await core.clock.sleep(ALIVE_SECONDS)


async def _stop(worker: WorkerOwner, signals: asyncio.Queue[int], *, grace_seconds: float) -> None:
    """Return after the grace, when every run has ended, or at the next signal; leaving hands over what is left."""
    stop = asyncio.create_task(worker.stop(grace_seconds=grace_seconds))
    insist = asyncio.create_task(signals.get())
    await asyncio.wait({stop, insist}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stop, insist):
        task.cancel()
    await asyncio.wait({stop, insist})
