"""`galley serve`: the page, the API and the worker in one process."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import Final

import click
import structlog

from entrypoints.bootstrap import bootstrap
from entrypoints.commands.configuration import load_settings
from entrypoints.house import House
from entrypoints.http.app import create_app
from entrypoints.http.server import ServeError, ServerConfig, serve
from entrypoints.settings import Settings

FIRST_START: Final = """\
This is the first start. It made the user admin with a password that is shown only now:

    {password}
"""
"""On stdout, whatever that is, and never through the logger."""


@click.command(
    help="""Serve the page and the API, and work on runs.

    Without any setting it listens on http://127.0.0.1:8000, keeps everything in ./data and writes samples. The first
    start makes the user admin and prints a password for it. Ctrl-C or SIGTERM ends it: streams are told to come back,
    runs that don't end within GALLEY_GRACE_SECONDS are kept and go on at the next start.
    """
)
def command() -> None:
    """Serve until a signal."""
    settings = load_settings(is_service=True)
    try:
        asyncio.run(_serve(settings))
    except ServeError as error:
        raise click.UsageError(str(error)) from error


async def _serve(settings: Settings) -> None:
    config = ServerConfig(host=settings.host, port=settings.port, grace_seconds=settings.grace_seconds)
    async with bootstrap(settings) as house:
        # At once: a start that fails from here on has made the admin, and the next one would not show it again.
        if house.admin_password is not None:
            click.echo(FIRST_START.format(password=house.admin_password))
        await serve(
            create_app(house.services),
            config,
            on_drain=partial(_drain, house, settings.grace_seconds),
            ready=partial(_announce, settings),
        )
    structlog.get_logger().info("stopped")


async def _drain(house: House, grace_seconds: float) -> None:
    structlog.get_logger().info("draining", grace_seconds=grace_seconds)
    await house.drain(grace_seconds=grace_seconds)


def _announce(settings: Settings, url: str) -> None:
    structlog.get_logger().info(
        "serving",
        url=url,
        store=settings.store.partition(":")[0],
        workers=settings.workers,
        provider=settings.provider_name,
    )
    click.echo(f"Galley is ready at {url if settings.public_url is None else settings.address}")
    if sys.stdout.isatty():
        click.echo(_describe_writer(settings))
        click.echo("Ctrl-C stops it.\n")


def _describe_writer(settings: Settings) -> str:
    if settings.provider_name == "sample":
        return "Texts are samples: the sample provider writes them from the inputs, without a model."
    by_default = f" by default with {settings.default_model}" if settings.default_model else ""
    return f"Texts are written through {settings.provider_name},{by_default or ' with the model it chooses'}."
