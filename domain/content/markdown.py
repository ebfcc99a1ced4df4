"""What is wrong with Markdown as such: faults of structure that a reader would see on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import re2
from attrs import frozen

from domain.content.markup import blank_code, find_headings, find_open_fence
from domain.content.text import to_well_formed


@frozen(kw_only=True)
class MarkdownFault:
    """What is wrong at `start` to `end`, in code points of the text, and how to mend it."""

    message: str
    start: int
    end: int


def find_markdown_faults(text: str, allow: frozenset[str] = frozenset()) -> Iterator[MarkdownFault]:
    """Yield the faults, rule by rule, each in the order of the text and in time linear in it."""
    visible = blank_code(text)
    for name, find in RULES.items():
        if name not in allow:
            yield from find(text, visible)


_HTML = re2.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:[ \t/][^<>\n]{0,500})?>|<!--")
_UNSPACED = re2.compile(r"(?m)^ {0,3}#{2,6}[^#\s][^\n]*$")
_REFERENCE = re2.compile(r"\[([^\[\]\n]{1,200})\]\[([^\[\]\n]{0,200})\]")
_DEFINITION = re2.compile(r"(?m)^ {0,3}\[([^\[\]\n]{1,200})\]:")
_DELIMITER = re2.compile(r"(?m)^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


def _find_open_code(text: str, _: str) -> Iterator[MarkdownFault]:
    span = find_open_fence(to_well_formed(text))
    if span is not None:
        message = "has a code block that is not closed: close it with the marks that open it."
        yield MarkdownFault(message=message, start=span[0], end=span[1])


def _find_empty_headings(text: str, _: str) -> Iterator[MarkdownFault]:
    for heading in find_headings(text):
        if not heading.title:
            message = "has a heading without words: give it some, or take it out."
            yield MarkdownFault(message=message, start=heading.start, end=heading.end)


def _find_second_titles(text: str, _: str) -> Iterator[MarkdownFault]:
    titles = [heading for heading in find_headings(text) if heading.level == 1]
    for title in titles[1:]:
        message = "has a second heading of level 1: make it level 2, since a text has one title."
        yield MarkdownFault(message=message, start=title.start, end=title.end)


def _find_skipped_levels(text: str, _: str) -> Iterator[MarkdownFault]:
    headings = find_headings(text)
    for before, heading in pairwise(headings):
        if heading.level > before.level + 1:
            message = f"goes from a heading of level {before.level} to level {heading.level}: make this level"
            yield MarkdownFault(message=f"{message} {before.level + 1}.", start=heading.start, end=heading.end)


def _find_unspaced_headings(_: str, visible: str) -> Iterator[MarkdownFault]:
    if "##" in visible:
        for found in _UNSPACED.finditer(visible):
            message = "has a heading that is shown as plain text: put a space behind its #."
            yield MarkdownFault(message=message, start=found.start(), end=found.end())


def _find_uneven_tables(_: str, visible: str) -> Iterator[MarkdownFault]:
    if "|" not in visible:
        return
    read_to = 0
    for found in _DELIMITER.finditer(visible):
        if "|" not in found.group() or found.start() < read_to:
            continue
        columns, read_to = _count_cells(found.group()), found.end() + 1
        for start, end in _iterate_rows(visible, found.start(), found.end() + 1):
            read_to = max(read_to, end)
            cells = _count_cells(visible[start:end])
            if cells != columns:
                said = f"has a table row of {_count(cells)} in a table of {columns:,} columns"
                message = f"{said}: give every row {_count(columns)}."
                yield MarkdownFault(message=message, start=start, end=end)


def _find_unknown_references(_: str, visible: str) -> Iterator[MarkdownFault]:
    if "][" not in visible:
        return
    known = {_normalize(found.group(1)) for found in _DEFINITION.finditer(visible)}
    for found in _REFERENCE.finditer(visible):
        label = found.group(2) or found.group(1)
        if _normalize(label) not in known and not label.startswith("^"):
            message = f'refers to "{label}", which is defined nowhere: write [{label}]: and its address at the end.'
            yield MarkdownFault(message=message, start=found.start(), end=found.end())


def _find_html(_: str, visible: str) -> Iterator[MarkdownFault]:
    if "<" in visible:
        for found in _HTML.finditer(visible):
            message = "has an HTML tag: write it as Markdown, or take it out."
            yield MarkdownFault(message=message, start=found.start(), end=found.end())


RULES: Mapping[str, Callable[[str, str], Iterator[MarkdownFault]]] = {
    "open_code": _find_open_code,
    "empty_heading": _find_empty_headings,
    "second_title": _find_second_titles,
    "skipped_level": _find_skipped_levels,
    "unspaced_heading": _find_unspaced_headings,
    "uneven_table": _find_uneven_tables,
    "unknown_reference": _find_unknown_references,
    "html": _find_html,
}
"""By name; each takes the text, and the text without its code."""


def _iterate_rows(visible: str, delimiter: int, position: int) -> Iterator[tuple[int, int]]:
    """Yield the line above a table's delimiter, and those below as far as the table goes."""
    header = visible.rfind("\n", 0, max(0, delimiter - 1)) + 1
    if delimiter:
        yield header, delimiter - 1
    while position < len(visible):
        end = visible.find("\n", position)
        end = len(visible) if end < 0 else end
        if "|" not in visible[position:end]:
            return
        yield position, end
        position = end + 1


def _count_cells(row: str) -> int:
    return row.strip().replace("\\|", "").removeprefix("|").removesuffix("|").count("|") + 1


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells:,} cells"


def _normalize(label: str) -> str:
    return " ".join(label.split()).casefold()
