"""`galley users`: adding, listing and changing users, beside a running server too."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

import click
from attrs import evolve

from domain.user import Role, User
from entrypoints.bootstrap import open_registry
from entrypoints.commands.configuration import load_settings
from entrypoints.house import Registry
from entrypoints.printable import make_printable

LONGEST_NAME: Final = 100


@click.group(
    help="""Add, list and change users, also beside a running server.

    Passwords are asked for, or read from GALLEY_PASSWORD or with --password-stdin, and never taken as an argument,
    where every process of the machine could read them.
    """
)
def command() -> None:
    """Hold the commands."""


_from_stdin = click.option("--password-stdin", "from_stdin", is_flag=True, help="Read the password from stdin.")
_name = click.argument("name")


@command.command("add", help="Add a user.")
@_name
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    default=[Role.AUTHOR.value],
    show_default=True,
    help="What the user may do; may be given again. Authors run prompt sets, editors publish them, admins do all.",
)
@_from_stdin
def add_user(name: str, roles: tuple[str, ...], from_stdin: bool) -> None:
    """Add a user."""
    _check_name(name)
    password = _read_password(name, from_stdin)

    async def add(registry: Registry) -> None:
        user = User(
            id=str(uuid.uuid4()),
            name=name,
            password_hash=await registry.passwords.hash(password),
            roles=frozenset(Role(role) for role in roles),
            created_at=registry.clock.now(),
        )
        await registry.records.users.add(user)

    _with_registry(add)
    click.echo(f"{name} was added as {', '.join(sorted(set(roles)))}.")


@command.command("list", help="List users: name, roles, since when, and whether they are disabled.")
def list_users() -> None:
    """List users."""

    async def show(registry: Registry) -> None:
        users = await registry.records.users.list()
        width = max((len(make_printable(user.name)) for user in users), default=0)
        for user in users:
            roles = ",".join(sorted(role.value for role in user.roles))
            state = "disabled" if user.is_disabled else ""
            row = f"{make_printable(user.name):<{width}}  {roles:<20}  {user.created_at:%Y-%m-%d}  {state}"
            click.echo(row.rstrip())

    _with_registry(show)


@command.command("passwd", help="Give a user another password; every log-in of theirs ends.")
@_name
@_from_stdin
def change_password(name: str, from_stdin: bool) -> None:
    """Replace a password."""
    password = _read_password(name, from_stdin)

    async def change(registry: Registry) -> None:
        password_hash = await registry.passwords.hash(password)
        user = await registry.records.users.find(name)
        await registry.records.users.save(evolve(user, password_hash=password_hash))
        await registry.records.sessions.revoke(user_id=user.id)

    _with_registry(change)
    click.echo(f"{name} has a new password; whoever was logged in with the old one is logged out.")


@command.command("disable", help="Lock a user out; every log-in of theirs ends. Their runs stay.")
@_name
def disable_user(name: str) -> None:
    """Lock a user out."""

    async def disable(registry: Registry) -> None:
        users = registry.records.users
        user = await users.find(name)
        others = [other for other in await users.list() if other.id != user.id and not other.is_disabled]
        if Role.ADMIN in user.roles and not any(Role.ADMIN in other.roles for other in others):
            raise click.UsageError(f"{name} is the last admin; add another one first.")
        # In this order: a log-in that slips between the two finds a disabled user.
        await users.save(evolve(user, is_disabled=True))
        await registry.records.sessions.revoke(user_id=user.id)

    _with_registry(disable)
    click.echo(f"{name} is disabled.")


@command.command("enable", help="Let a disabled user in again.")
@_name
def enable_user(name: str) -> None:
    """Let a user in again."""

    async def enable(registry: Registry) -> None:
        user = await registry.records.users.find(name)
        await registry.records.users.save(evolve(user, is_disabled=False))

    _with_registry(enable)
    click.echo(f"{name} is enabled.")


def _with_registry(work: Callable[[Registry], Awaitable[None]]) -> None:
    settings = load_settings()

    async def open_and_work() -> None:
        async with open_registry(settings) as registry:
            await work(registry)

    asyncio.run(open_and_work())


def _check_name(name: str) -> None:
    if not name or len(name) > LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise click.UsageError(f"NAME must be 1 to {LONGEST_NAME} printable characters without spaces at its ends.")


def _read_password(name: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if given := os.environ.get("GALLEY_PASSWORD"):
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for a password; use --password-stdin or GALLEY_PASSWORD.")
    return str(click.prompt(f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True))
