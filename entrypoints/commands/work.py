"""`galley work`: a worker in a process of its own."""

from __future__ import annotations

import asyncio
import signal

import click
import structlog

from entrypoints.bootstrap import open_core
from entrypoints.commands.configuration import load_settings
from entrypoints.house import SHARE_OF_GRACE
from entrypoints.settings import Settings
from entrypoints.worker import WorkerOwner


@click.command(
    help="""Work on runs in a process of its own, for a store that several processes share.

    Such a store is PostgreSQL or Redis; with SQLite or the memory store it is `galley serve` that works on runs.
    Ctrl-C or SIGTERM ends it: runs that don't end within GALLEY_GRACE_SECONDS are handed over to another worker, and
    a second signal hands them over at once.
    """
)
def command() -> None:
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
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    log = structlog.get_logger()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    async with open_core(settings) as core:
        log.info("working", store=settings.store.partition(":")[0], workers=settings.workers)
        await signals.get()
        log.info("draining", grace_seconds=settings.grace_seconds)
        if core.worker is not None:
            await _stop(core.worker, signals, grace_seconds=settings.grace_seconds * SHARE_OF_GRACE)
    log.info("stopped")


async def _stop(worker: WorkerOwner, signals: asyncio.Queue[int], *, grace_seconds: float) -> None:
    """Return after the grace, when every run has ended, or at the next signal; leaving hands over what is left."""
    stop = asyncio.create_task(worker.stop(grace_seconds=grace_seconds))
    insist = asyncio.create_task(signals.get())
    await asyncio.wait({stop, insist}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stop, insist):
        task.cancel()
    await asyncio.wait({stop, insist})
