"""A document as Markdown (CommonMark, with pipe tables and ~~strike~~ as GitHub reads them)."""

from __future__ import annotations

from typing import assert_never

import re2

from domain.content.exports.document import (
    Block,
    Code,
    Document,
    Heading,
    List,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    is_tight,
)

_SPECIAL = re2.compile(r"[\\`*_\[\]<>~|]")
_LINE_START = re2.compile(r"(?m)^([ ]*)(#{1,6}[ ]|[-+>]|={2,}|[0-9]{1,9}[.)])")
_SIGNS: tuple[tuple[Mark, str], ...] = (("strike", "~~"), ("italic", "*"), ("bold", "**"))
_ENDS_ADDRESS = str.maketrans({" ": "%20", "<": "%3C", ">": "%3E", "(": "%28", ")": "%29", "\n": "", "\\": "%5C"})


def write_markdown(document: Document) -> str:
    """Write a document so that it reads the same again; subscript, superscript and underline are lost."""
    return _write_blocks(document.blocks)


def _write_blocks(blocks: tuple[Block, ...]) -> str:
    return "\n\n".join(written for written in map(_write, blocks) if written)


def _write(block: Block) -> str:
    match block:
        case Paragraph():
            return _escape_starts(_write_spans(block.spans))
        case Heading():
            return f"{'#' * block.level} {_write_spans(block.spans).replace(chr(10), ' ')}"
        case Code():
            mark = _make_fence(block.text)
            return f"{mark}{block.language}\n{block.text}\n{mark}"
        case Rule():
            return "---"
        case Quote():
            return _indent(_write_blocks(block.blocks), "> ", "> ")
        case List():
            return _write_list(block)
        case Table():
            return _write_table(block)
        case _:
            assert_never(block)


def _write_list(block: List) -> str:
    items = []
    for number, item in enumerate(block.items, start=block.start or 0):
        marker = "- " if block.start is None else f"{number}. "
        items.append(_indent(_write_item(item), marker, " " * len(marker)))
    return ("\n" if all(map(is_tight, block.items)) else "\n\n").join(items)


def _write_item(item: tuple[Block, ...]) -> str:
    return "\n".join(map(_write, item)) if is_tight(item) else _write_blocks(item)


def _write_table(block: Table) -> str:
    rows = [[_write_spans(cell).replace("\n", " ") for cell in row] for row in block.rows]
    width = len(rows[0])
    head, body = (rows[0], rows[1:]) if block.head_rows else ([""] * width, rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * width, *body])


def _write_spans(spans: tuple[Span, ...]) -> str:
    return "".join(map(_write_span, spans))


def _write_span(span: Span) -> str:
    text = span.text.strip(" \n")
    if not text:
        return span.text
    before, _, after = span.text.partition(text)
    if "code" in span.marks:
        mark = _make_fence(text, shortest=1)
        margin = " " if text.startswith("`") or text.endswith("`") else ""
        written = f"{mark}{margin}{text}{margin}{mark}"
    else:
        written = _SPECIAL.sub(r"\\\g<0>", text).replace("\n", "\\\n")
    for mark_name, sign in _SIGNS:
        if mark_name in span.marks:
            written = f"{sign}{written}{sign}"
    if span.href is not None:
        written = f"[{written}]({span.href.translate(_ENDS_ADDRESS)})"
    return before.replace("\n", "\\\n") + written + after.replace("\n", "\\\n")


def _escape_starts(text: str) -> str:
    r"""Put a backslash before what would make a heading, list or quote of a line: "1. " becomes "1\. "."""
    return str(_LINE_START.sub(_escape_start, text))


def _escape_start(match: re2._Match[str]) -> str:
    space, sign = match.group(1), match.group(2)
    return f"{space}{sign[:-1]}\\{sign[-1]}" if sign[0].isdigit() else f"{space}\\{sign}"


def _make_fence(text: str, *, shortest: int = 3) -> str:
    length = shortest
    while "`" * length in text:
        length += 1
    return "`" * length


def _indent(text: str, first: str, rest: str) -> str:
    begun, *others = text.split("\n")
    return "\n".join([first + begun, *((rest + line).rstrip() if not line else rest + line for line in others)])
