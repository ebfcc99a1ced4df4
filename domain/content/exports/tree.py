"""Sanitised HTML read into blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from itertools import groupby

import re2
from attrs import Factory, define, evolve

from domain.content.exports.document import (
    Block,
    Code,
    Heading,
    List,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    write_plain,
)

_MARKS: Mapping[str, Mark] = {
    **dict.fromkeys(("b", "strong", "dt"), "bold"),
    **dict.fromkeys(("i", "em", "cite"), "italic"),
    **dict.fromkeys(("s", "del"), "strike"),
    **dict.fromkeys(("code", "kbd"), "code"),
    **dict.fromkeys(("u", "ins"), "underline"),
    "sub": "subscript",
    "sup": "superscript",
}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = frozenset({"blockquote", "dd", "div", "dl", "dt", "li", "ol", "p", "pre", "section", "table", "ul"})
_SPACE = " \n"
_RUN = re2.compile(r"[ \t\r\n\f]+")
_BREAK = re2.compile(r" *\n *")
_SPACE = " \n"
_RUN = re2.compile(r"[ \t\r\n\f]+")
_BREAK = re2.compile(r" *\n *")
_BREAKING = _BLOCKS | frozenset(_HEADINGS) | {"td", "th", "tr"}


def read_blocks(markup: str) -> tuple[Block, ...]:
    """Read what the HTML format writes: every element of it is closed, and nothing in it runs or loads."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.finish()


@define
class _Frame:
    """An element that holds blocks and is open: those that are in it so far."""

    tag: str
    start: int | None = None
    blocks: list[Block] = Factory(list)
    items: list[tuple[Block, ...]] = Factory(list)


@define
class _Rows:
    """A table that is open."""

    rows: list[list[tuple[Span, ...]]] = Factory(list)
    head_rows: int = 0


class _Reader(HTMLParser):
    """One pass over the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._frames = [_Frame("body")]
        self._spans: list[Span] = []
        self._open: list[str] = []
        self._hrefs: list[str] = []
        self._tables: list[_Rows] = []
        self._language = ""

    def finish(self) -> tuple[Block, ...]:
        self._flush()
        return tuple(self._frames[0].blocks)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _BREAKING or tag == "hr":
            self._flush()
        match tag:
            case "br":
                self._add("\n")
            case "hr":
                self._put(Rule())
            case "a":
                self._hrefs.append(given.get("href", ""))
            case "code" if "pre" in self._open:
                self._language = given.get("class", "").removeprefix("language-")
            case "ul" | "ol":
                number = given.get("start", "1")
                start = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 1
                self._frames.append(_Frame(tag, None if tag == "ul" else start))
            case "li" | "blockquote":
                self._frames.append(_Frame(tag))
            case "table" | "tr":
                self._begin_table(tag)
        if tag not in ("br", "hr"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        if tag in _HEADINGS:
            self._flush(level=int(tag[1]))
        elif tag == "pre":
            self._end_code()
        elif tag in ("td", "th"):
            self._tables[-1].rows[-1].append(self._take_spans())
        elif tag in _BREAKING:
            self._flush()
        self._open.pop()
        match tag:
            case "a":
                self._hrefs.pop()
            case "li" | "blockquote" | "ul" | "ol":
                self._end_frame(tag)
            case "table":
                self._end_table(self._tables.pop())

    def _begin_table(self, tag: str) -> None:
        if tag == "table":
            self._tables.append(_Rows())
        else:
            self._tables[-1].rows.append([])
            self._tables[-1].head_rows += "thead" in self._open

    def handle_data(self, data: str) -> None:
        self._add(data if "pre" in self._open else _RUN.sub(" ", data))

    def _add(self, text: str) -> None:
        marks = frozenset(_MARKS[tag] for tag in self._open if tag in _MARKS)
        self._spans.append(Span(text=text, marks=marks, href=self._hrefs[-1] or None if self._hrefs else None))

    def _put(self, block: Block) -> None:
        self._frames[-1].blocks.append(block)

    def _take_spans(self) -> tuple[Span, ...]:
        spans, self._spans = tidy(self._spans), []
        return spans

    def _flush(self, *, level: int | None = None) -> None:
        spans = self._take_spans()
        if spans:
            self._put(Paragraph(spans=spans) if level is None else Heading(level=level, spans=spans))

    def _end_code(self) -> None:
        text = write_plain(tuple(self._spans)).removesuffix("\n")
        self._spans, language, self._language = [], self._language, ""
        self._put(Code(text=text, language=language))

    def _end_frame(self, tag: str) -> None:
        frame = self._frames.pop()
        blocks = tuple(frame.blocks)
        if tag == "blockquote":
            self._put(Quote(blocks=blocks))
        elif tag == "li" and self._frames[-1].tag in ("ul", "ol"):
            self._frames[-1].items.append(blocks)
        elif tag in ("ul", "ol") and frame.items:
            self._put(List(start=frame.start, items=tuple(frame.items)))
        else:
            # An item outside of a list, or what stands in one outside of its items.
            self._frames[-1].blocks.extend(blocks)

    def _end_table(self, found: _Rows) -> None:
        width = max(map(len, found.rows), default=0)
        rows = tuple((*row, *[()] * (width - len(row))) for row in found.rows)
        if width:
            self._put(Table(rows=rows, head_rows=found.head_rows))


def tidy(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans of one manner, and take away the space at both ends and around line breaks, as browsers do."""
    pieces: list[Span] = []
    is_after_space = True
    for span in spans:
        text = span.text.lstrip(" " if pieces else _SPACE) if is_after_space else span.text
        if text:
            pieces.append(evolve(span, text=text))
            is_after_space = text.endswith((" ", "\n"))
    while pieces and not pieces[-1].text.rstrip(_SPACE):
        pieces.pop()
    if pieces:
        pieces[-1] = evolve(pieces[-1], text=pieces[-1].text.rstrip(_SPACE))
    groups = groupby(pieces, key=lambda piece: (piece.marks, piece.href))
    return tuple(
        Span(text=_BREAK.sub("\n", "".join(piece.text for piece in group)), marks=marks, href=href)
        for (marks, href), group in groups
    )
