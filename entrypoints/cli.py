"""The command line: `galley serve`, `work`, `run`, `export`, `migrate`, `users` and `prompts`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import click

from domain.errors import GalleyError, InvalidRequestError
from entrypoints.printable import make_printable
from entrypoints.settings import SettingsError

USAGE: Final = 2
INTERRUPTED: Final = 130
"""128 and the number of SIGINT, as shells do."""

_COMMANDS: Final[Mapping[str, str]] = {
    "serve": "Serve the page and the API, and work on runs.",
    "run": "Run a prompt set and show how its text comes about.",
    "export": "Write the output of a run that has ended as a file.",
    "migrate": "Bring the store's tables to this version.",
    "prompts": "List, show, check and publish prompt sets.",
    "users": "Add, list and change users.",
    "work": "Work on runs in a process of its own.",
}


class Galley(click.Group):
    """The commands, each imported when it is called, and the one place where errors become lines and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands' names, the most used ones first."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command's module."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"entrypoints.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run a command and exit: with its code, 2 for what the caller can mend, 130 when interrupted."""
        try:
            code = super().main(*args, **options | {"standalone_mode": False})
        except (click.ClickException, GalleyError) as error:
            for line in _describe(error):
                click.echo(f"galley: {make_printable(line)}", err=True)
            code = USAGE
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)


def _describe(error: click.ClickException | GalleyError) -> list[str]:
    match error:
        case SettingsError():
            return list(error.faults)
        case InvalidRequestError(faults=faults) if faults:
            return [f"{fault.pointer.lstrip('/')}: {fault.message}" for fault in faults]
        case click.UsageError(ctx=click.Context() as ctx) if type(error) is not click.UsageError:
            # One of click's own: an option or argument is wrong or missing.
            return [f"{error.format_message()} See {ctx.command_path} --help."]
        case click.ClickException():
            return [error.format_message()]
        case _:
            return [error.message]


@click.group(cls=Galley, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="galley", message="%(package)s %(version)s")
def main() -> None:
    """Turn a prompt set and a few inputs into content that has passed its checks.

    Settings come from the environment, as GALLEY_<NAME>, or from galley.toml; see docs/settings.md.
    """
