"""What commands have in common that ask a server: its address and who logs in there."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from entrypoints.settings import is_loopback

if TYPE_CHECKING:
    from entrypoints.remote_run import Remote

RETRIES = 12
"""About a minute: somebody sits before it."""

username_option = click.option(
    "--username",
    envvar="GALLEY_USERNAME",
    default="admin",
    show_default=True,
    help="Who logs in there; the password is asked for, or taken from GALLEY_PASSWORD. GALLEY_TOKEN needs neither.",
)


def server_option(words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that names a server, with what it means for the command."""
    return click.option("--server", envvar="GALLEY_SERVER", metavar="URL", help=words)


@asynccontextmanager
async def open_server(server: str, username: str) -> AsyncIterator[Remote]:
    """Open a server, asking for a password where no token and no password is given.

    Raises:
        click.UsageError: The address is none, or there is nobody to ask.
    """
    # It takes 0.2 s to import, and most calls need no server.
    from entrypoints.remote_run import Remote
    from galley_client import AsyncGalley, Backoff

    if not server.startswith(("http://", "https://")):
        raise click.UsageError(f"--server {server!r} must start with http:// or https://.")
    if is_readable_on_its_way(server):
        click.echo(f"galley: {server} is not encrypted: what you send can be read on its way; use https://.", err=True)
    backoff = Backoff(retries=RETRIES)
    if token := os.environ.get("GALLEY_TOKEN"):
        galley = AsyncGalley(server, token=token, backoff=backoff)
    else:
        galley = AsyncGalley(server, username=username, password=_ask_password(username), backoff=backoff)
    async with galley:
        yield Remote(galley)


def is_readable_on_its_way(server: str) -> bool:
    """Whether passwords and texts would leave this machine in plain text."""
    address = urlsplit(server)
    return address.scheme == "http" and not is_loopback(address.hostname or "")


def _ask_password(username: str) -> str:
    given = os.environ.get("GALLEY_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for a password; set GALLEY_PASSWORD or GALLEY_TOKEN.")
    return str(click.prompt(f"Password of {username}", hide_input=True, err=True))
