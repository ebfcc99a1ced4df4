"""`galley export`: the output of a run as a file, from the data folder here or from a server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import click

from domain.content.exports import EXPORTS, OWN_EXPORT, ExportFormat, export_output
from domain.errors import NoOutputError
from domain.run.events import RunCompleted
from domain.run.history import History
from domain.run.model import Record
from entrypoints.commands.configuration import load_settings
from entrypoints.commands.remote import open_server, server_option, username_option
from entrypoints.printable import make_printable

NO_OUTPUT: Final = 1


@click.command(
    help="""Write the output of the run RUN_ID as a file that people can open.

    \b
      galley export 0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b > post.md
      galley export 0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b --output post.docx

    The run is one of the data folder here, also beside a running server, or of another server with --server. Exit
    code: 0 when it was written, 1 when the run has no output (yet), 2 for a mistake in the call.
    """
)
@click.argument("run_id")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(EXPORTS)),
    help="As what; by default what the ending of --output says, else the run's own format.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write to this file instead of stdout.",
)
@server_option("Take it from this server instead of the data folder here.")
@username_option
def command(
    run_id: str, file_format: ExportFormat | None, output: Path | None, server: str | None, username: str
) -> int:
    """Write it and return the exit code."""
    wanted = file_format or next((kind for kind in EXPORTS if output and output.suffix.lower() == f".{kind}"), None)
    if wanted == "docx" and output is None and sys.stdout.isatty():
        raise click.UsageError("A Word document can't be shown on a terminal; name a file with --output.")
    if output is not None and not output.parent.is_dir():
        raise click.UsageError(f"--output: the folder {output.parent} does not exist.")
    try:
        data = asyncio.run(_read_here(run_id, wanted) if server is None else _fetch(run_id, wanted, server, username))
    except NoOutputError as error:
        click.echo(f"galley: {make_printable(error.message)}", err=True)
        return NO_OUTPUT
    _write(data, output)
    return 0


async def _read_here(run_id: str, wanted: ExportFormat | None) -> bytes:
    # Adapters take 0.2 s to import, which a call for a server need not wait for.
    from entrypoints.bootstrap import open_registry

    async with open_registry(load_settings()) as registry:
        records: list[Record] = []
        while page := await registry.records.log.read(run_id, after=len(records)):
            records.extend(page)
    end = History.fold(records).terminal
    if end is None:
        raise NoOutputError("The run has not ended yet; ask for its output when it has.")
    if not isinstance(end, RunCompleted):
        raise NoOutputError("The run ended without an output; its record has the draft, if there is one.")
    own, title = end.metadata["output_format"], end.metadata["prompt"]["name"]
    return export_output(end.output, own, wanted or OWN_EXPORT[own], title=title).data


async def _fetch(run_id: str, wanted: ExportFormat | None, server: str, username: str) -> bytes:
    async with open_server(server, username) as remote:
        return await remote.download(run_id, wanted)


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        text = make_printable(data.decode(), keep="\n\t") if sys.stdout.isatty() else None
        click.echo(data if text is None else text, nl=False)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise click.UsageError(f"{output} can't be written ({error.strerror}).") from error
