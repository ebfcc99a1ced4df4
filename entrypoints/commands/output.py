"""Handing a text over: as it is to a pipe or a file, made safe to show on a terminal."""

from __future__ import annotations

import sys

import click

from domain.run.events import RunCompleted
from entrypoints.printable import make_printable


def write_text(text: str) -> None:
    """Write a text to stdout, ending in a line end."""
    shown = make_printable(text, keep="\n\t") if sys.stdout.isatty() else text
    click.echo(shown, nl=not shown.endswith("\n"))


def make_file(end: RunCompleted, suffix: str, *, title: str) -> bytes:
    """Return what goes into a file whose name ends in `suffix`; the output as it is where that says nothing."""
    # python-docx takes 0.1 s to import, which a run without --output need not wait for.
    from domain.content.exports import EXPORTS, export_output

    wanted = next((kind for kind in EXPORTS if suffix.lower() == f".{kind}"), None)
    output_format = end.metadata.get("output_format", "markdown")
    if wanted is None:
        return end.output.encode()
    return export_output(end.output, output_format, wanted, title=title).data
