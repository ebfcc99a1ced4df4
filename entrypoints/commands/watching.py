"""Watching a run from the command line: shown to people or written as JSON lines, and cancelled by Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext

import click
from rich.console import Console

from domain.errors import GalleyError
from domain.run.codec import decode_event
from domain.run.events import Event, UnknownEvent
from domain.run.history import History
from domain.run.model import Record
from entrypoints.display import Display, PlainDisplay
from entrypoints.printable import make_printable
from entrypoints.run_feed import Item
from entrypoints.terminal import live_display


class JsonLines:
    """Writes each record's data to stdout as it is stored, a line each."""

    def show(self, record: Record, event: Event | UnknownEvent, history: History) -> None:  # noqa: ARG002
        """Write it."""
        click.echo(record.data)


async def watch(items: AsyncGenerator[Item, None], *, as_json: bool, cancel: Callable[[], Awaitable[None]]) -> History:
    """Show a run up to its end and return its fold; the first Ctrl-C cancels it, a second one leaves at once.

    Raises:
        GalleyError: It can't be followed to its end.
        click.Abort: It was interrupted, and has ended unless Ctrl-C was pressed twice.
    """
    history = History()
    async with _cancelled_by_interrupt(cancel), _choose_display(as_json) as display, aclosing(items):
        async for item in items:
            if not isinstance(item, Record):
                history = History()
                continue
            event = decode_event(item)
            history.apply(event, seq=item.seq, time=item.time, epoch=item.epoch)
            display.show(item, event, history)
    return history


def _choose_display(as_json: bool) -> AbstractAsyncContextManager[Display]:
    if as_json:
        return nullcontext(JsonLines())
    if not sys.stderr.isatty():
        return nullcontext(PlainDisplay(lambda line: click.echo(line, err=True)))
    return live_display(Console(stderr=True))


@asynccontextmanager
async def _cancelled_by_interrupt(cancel: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    watching = asyncio.current_task()
    cancelling: list[asyncio.Task[None]] = []

    def interrupt() -> None:
        if cancelling and watching is not None:
            watching.cancel()
            return
        click.echo("Cancelling the run; press Ctrl-C again to leave at once.", err=True)
        cancelling.append(asyncio.create_task(_try(cancel)))

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    except asyncio.CancelledError:
        if not cancelling:
            raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        for task in cancelling:
            task.cancel()
    if cancelling:
        raise click.Abort


async def _try(cancel: Callable[[], Awaitable[None]]) -> None:
    try:
        await cancel()
    except GalleyError as error:
        click.echo(f"galley: {make_printable(error.message)}", err=True)
