"""What commands have in common that ask a server: its address, who logs in there, and the client."""

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
    from entrypoints.client import RunClient

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
async def open_client(server: str, username: str) -> AsyncIterator[RunClient]:
    """Open a client of a server, asking for a password where no token and no password is given.

    Raises:
        click.UsageError: The address is none, or there is nobody to ask.
    """
    # It takes 0.2 s to import, and most calls need no server.
    import httpx

    from entrypoints.client import TIMEOUTS, RunClient
    from entrypoints.client_login import ClientLogin

    if not server.startswith(("http://", "https://")):
        raise click.UsageError(f"--server {server!r} must start with http:// or https://.")
    if is_readable_on_its_way(server):
        click.echo(f"galley: {server} is not encrypted: what you send can be read on its way; use https://.", err=True)
    token = os.environ.get("GALLEY_TOKEN") or None
    password = "" if token else _ask_password(username)
    async with httpx.AsyncClient(base_url=server.rstrip("/"), timeout=TIMEOUTS) as http:
        login = ClientLogin(http=http, token=token, name=username, password=password)
        yield RunClient(http=http, login=login)


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
