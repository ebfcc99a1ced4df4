"""A document as plain text: lists keep their marks, links show their address, code stands as it was."""

from __future__ import annotations

from typing import assert_never

from domain.content.exports.document import (
    Block,
    Code,
    Document,
    Heading,
    List,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    is_tight,
    write_plain,
)


def write_text(document: Document) -> str:
    """Write a document for somebody who sees letters only."""
    return _write_blocks(document.blocks)


def _write_blocks(blocks: tuple[Block, ...]) -> str:
    return "\n\n".join(written for written in map(_write, blocks) if written)


def _write(block: Block) -> str:
    match block:
        case Paragraph() | Heading():
            return _write_spans(block.spans)
        case Code():
            return block.text
        case Rule():
            return "---"
        case Quote():
            return _write_blocks(block.blocks)
        case List():
            items = [_write_item(item, mark) for mark, item in zip(_marks(block), block.items, strict=True)]
            return ("\n" if all(map(is_tight, block.items)) else "\n\n").join(items)
        case Table():
            return "\n".join("\t".join(write_plain(cell).replace("\n", " ") for cell in row) for row in block.rows)
        case _:
            assert_never(block)


def _marks(block: List) -> list[str]:
    if block.start is None:
        return ["- "] * len(block.items)
    return [f"{number}. " for number, _ in enumerate(block.items, start=block.start)]


def _write_item(item: tuple[Block, ...], mark: str) -> str:
    written = "\n".join(map(_write, item)) if is_tight(item) else _write_blocks(item)
    first, *rest = written.split("\n")
    return "\n".join([mark + first, *(line and " " * len(mark) + line for line in rest)])


def _write_spans(spans: tuple[Span, ...]) -> str:
    return "".join(map(_write_span, spans))


def _write_span(span: Span) -> str:
    if span.href is None or span.href in (span.text, f"mailto:{span.text}"):
        return span.text
    return f"{span.text} ({span.href})"
