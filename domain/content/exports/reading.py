"""An output read into a document, by way of sanitised HTML: so nothing that HTML export leaves out is in any other."""

from __future__ import annotations

import html
from typing import Any

from domain.content.exports.document import Document
from domain.content.exports.tree import read_blocks
from domain.content.formats import format_text
from domain.content.formats.html import format_plainly
from domain.content.json_text import NotJsonError, read_json
from domain.run.model import OutputFormat

_DEEPEST_HEADING = 6


def read_output(text: str, output_format: OutputFormat) -> Document:
    """Read an output of any format; one that is not of its format is read as plain text."""
    markup = _to_html(text, output_format)
    return Document(blocks=read_blocks(markup), markup=markup)


def _to_html(text: str, output_format: OutputFormat) -> str:
    match output_format:
        case "text":
            return _break_lines(text)
        case "json":
            return _write_json(text)
    return format_text(text, "html")


def _break_lines(text: str) -> str:
    return "\n".join(block.replace("\n", "<br>\n") for block in format_plainly(text).split("</p>\n"))


def _write_json(text: str) -> str:
    try:
        value = read_json(text)
    except NotJsonError:
        return _break_lines(text)
    return format_text("\n".join(_describe(value, 2)), "html")


def _describe(value: Any, level: int) -> list[str]:
    """Write a JSON value as somebody would read it: names as headings, lists of plain values as bullets."""
    match value:
        case dict():
            return [line for name, held in value.items() for line in _describe_member(name, held, level)]
        case list() if any(isinstance(item, dict | list) for item in value):
            parts = [_describe(item, level) for item in value]
            return [line for number, part in enumerate(parts) for line in (["<hr>"] if number else []) + part]
        case list():
            return ["<ul>", *(f"<li>{_say(item)}</li>" for item in value), "</ul>"] if value else []
    return [f"<p>{_say(value)}</p>"]


def _describe_member(name: str, value: Any, level: int) -> list[str]:
    if not isinstance(value, dict | list):
        return [f"<p><strong>{_say(name)}:</strong> {_say(value)}</p>"]
    return [f"<h{level}>{_say(name)}</h{level}>", *_describe(value, min(level + 1, _DEEPEST_HEADING))]


def _say(value: Any) -> str:
    words = {None: "none", True: "yes", False: "no"}
    text = words[value] if value is None or isinstance(value, bool) else str(value)
    return html.escape(text, quote=False).replace("\n", "<br>")
