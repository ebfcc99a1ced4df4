"""A run's output as a file that somebody can open: Markdown, HTML, plain text, JSON or a Word document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from attrs import frozen

from domain.content.exports.filename import make_filename
from domain.content.exports.html import write_page
from domain.content.exports.markdown import write_markdown
from domain.content.exports.reading import read_output
from domain.content.exports.text import write_text
from domain.content.text import clean_text
from domain.run.model import OutputFormat

__all__ = ["EXPORTS", "OWN_EXPORT", "Export", "ExportFormat", "export_output"]

ExportFormat = Literal["md", "html", "txt", "json", "docx"]
EXPORTS: Mapping[ExportFormat, str] = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""The formats, which are also the files' extensions, and their media types."""
OWN_EXPORT: Mapping[OutputFormat, ExportFormat] = {"markdown": "md", "html": "html", "json": "json", "text": "txt"}
"""As which file an output stays what it is."""


@frozen(kw_only=True)
class Export:
    """A file; `filename` is fit for every file system."""

    filename: str
    media_type: str
    data: bytes


def export_output(output: str, output_format: OutputFormat, to: ExportFormat, *, title: str) -> Export:
    """Make a file of an output; it is named by its first heading, else by `title`. Equal outputs give equal bytes.

    Nothing is fetched: an image becomes a link to it.
    """
    # It takes lxml, and a tenth of a second that every start does without.
    from domain.content.exports.docx import write_docx

    text = clean_text(output)
    document = read_output(text, output_format)
    name = document.title or title
    writers: Mapping[ExportFormat, Callable[[], bytes]] = {
        "md": lambda: _end(text if output_format in ("markdown", "text") else write_markdown(document)).encode(),
        "html": lambda: write_page(document, title=name).encode(),
        "txt": lambda: _end(text if output_format == "text" else write_text(document)).encode(),
        "json": lambda: _to_json(text, output_format, name),
        "docx": lambda: write_docx(document, title=name),
    }
    return Export(filename=make_filename(name, to, fallback=title), media_type=EXPORTS[to], data=writers[to]())


def _to_json(text: str, output_format: OutputFormat, title: str) -> bytes:
    if output_format == "json":
        return _end(text).encode()
    value = {"title": title, "format": output_format, "text": text}
    return _end(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()).encode()


def _end(text: str) -> str:
    return f"{text.rstrip()}\n"
