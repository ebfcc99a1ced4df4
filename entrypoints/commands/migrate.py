"""`galley migrate`: the store's tables brought to this version, before anything serves from them."""

from __future__ import annotations

import asyncio

import click

from entrypoints.bootstrap import open_registry
from entrypoints.commands.configuration import load_settings


@click.command(
    help="""Bring the store's tables to this version and end.

    Every process does so at its start; as a step of its own, such as a job of a deployment, it shows that the store can
    be reached and changed before anything new is started. Doing it again changes nothing. Exit code: 0 when the tables
    are this version's or ones that it can use, 2 otherwise.
    """
)
def command() -> None:
    """Open the store, which migrates it, and say so."""
    settings = load_settings()

    async def open_and_close() -> None:
        async with open_registry(settings):
            pass

    asyncio.run(open_and_close())
    click.echo(f"The {settings.store.partition(':')[0]} store is ready for this version.")
