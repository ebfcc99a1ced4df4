"""A document as a Word file (ECMA-376), through python-docx and its own template."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Mapping
from typing import Any, assert_never

import docx
import re2
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.numbering import CT_Num
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run

from domain.content.exports.document import Block, Code, Document, Heading, List, Paragraph, Quote, Rule, Span, Table

_FORBIDDEN = re2.compile(r"[^\t\n\x20-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]")
"""What XML 1.0 can't hold (section 2.2)."""

_LINKS = ("http://", "https://", "mailto:", "tel:")
"""Where links may lead: of anything else Word makes a path, which can be another machine's."""

_DEEPEST_LIST = 3
_LONGEST_TITLE = 255
_MONOSPACE = "Consolas"
_BLUE = RGBColor(0x05, 0x63, 0xC1)
_FIRST_NUMBER = 100
"""Above the list numbers of the template."""

_NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_docx(document: Document, *, title: str) -> bytes:
    """Write headings, paragraphs, lists, tables, quotes and code in Word's own styles; nothing in it is fetched.

    Equal documents give equal bytes: no time is written.
    """
    writing = _Writing(title)
    for block in document.blocks:
        writing.write(block, depth=0)
    return writing.finish()


class _Writing:
    """One document under way."""

    def __init__(self, title: str) -> None:
        self._document = docx.Document()
        self._styles: Mapping[str, Any] = {style.name: style for style in self._document.styles if style.name}
        self._links = itertools.count(1)
        self._numbers = itertools.count(_FIRST_NUMBER)
        about = self._document.core_properties
        about.title, about.author, about.comments = _clean(title)[:_LONGEST_TITLE], "", ""

    def finish(self) -> bytes:
        written = io.BytesIO()
        self._document.save(written)
        return _forget_time(written)

    def write(self, block: Block, *, depth: int, style: str = "Normal") -> None:
        match block:
            case Heading():
                self._add(f"Heading {block.level}", block.spans)
            case Paragraph():
                self._add(style, block.spans)
            case Code():
                self._add(style, (Span(text=block.text, marks=frozenset({"code"})),))
            case Rule():
                self._add(style, (Span(text="* * *"),))
            case Quote():
                for inner in block.blocks:
                    self.write(inner, depth=depth, style="Quote")
            case List():
                self._write_list(block, depth + 1)
            case Table():
                self._write_table(block)
            case _:
                assert_never(block)

    def _write_list(self, block: List, depth: int) -> None:
        level = min(depth, _DEEPEST_LIST)
        suffix = "" if level == 1 else f" {level}"
        style = f"List {'Bullet' if block.start is None else 'Number'}{suffix}"
        number = None if block.start is None else self._begin_numbers(style, block.start)
        for item in block.items:
            first, rest = (item[0], item[1:]) if item and isinstance(item[0], Paragraph) else (None, item)
            paragraph = self._add(style, first.spans if first is not None else ())
            if number is not None:
                paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
            for inner in rest:
                self.write(inner, depth=depth, style=f"List Continue{suffix}")

    def _begin_numbers(self, style: str, start: int) -> int:
        """Make numbers that begin anew; else Word goes on counting where the last list ended."""
        numbering = self._document.part.numbering_part.element
        [kind] = self._styles[style].element.xpath("w:pPr/w:numPr/w:numId/@w:val")
        number = next(self._numbers)
        # Not by python-docx's own add_num, which looks at every other list to find a free number.
        made = CT_Num.new(number, numbering.num_having_numId(int(kind)).abstractNumId.val)  # type: ignore[no-untyped-call]
        made.add_lvlOverride(ilvl=0).add_startOverride(start)
        numbering._insert_num(made)
        return number

    def _write_table(self, block: Table) -> None:
        width = len(block.rows[0])
        table = self._document.add_table(rows=len(block.rows), cols=width, style=self._styles["Table Grid"])
        cells = table._cells
        for place, spans in enumerate(spans for row in block.rows for spans in row):
            is_head = place // width < block.head_rows
            self._fill(cells[place].paragraphs[0], spans, is_bold=is_head)

    def _add(self, style: str, spans: tuple[Span, ...]) -> WordParagraph:
        paragraph = self._document.add_paragraph()
        # By its id: python-docx goes through all styles to find one by name, which took 90 % of the time.
        paragraph._p.style = self._styles[style].style_id
        self._fill(paragraph, spans)
        return paragraph

    def _fill(self, paragraph: WordParagraph, spans: tuple[Span, ...], *, is_bold: bool = False) -> None:
        for span in spans:
            run = paragraph.add_run(_clean(span.text))
            _dress(run, span, is_bold=is_bold)
            if span.href is not None and span.href.lower().startswith(_LINKS):
                self._link(paragraph, run, span.href)

    def _link(self, paragraph: WordParagraph, run: Run, href: str) -> None:
        run.font.color.rgb, run.font.underline = _BLUE, True
        relation = f"link{next(self._links)}"
        self._document.part.rels.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, _clean(href), relation, is_external=True)
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), relation)
        link.append(run._r)
        paragraph._p.append(link)


def _dress(run: Run, span: Span, *, is_bold: bool) -> None:
    font = run.font
    for mark in span.marks - {"code"}:
        setattr(font, mark, True)
    if is_bold:
        font.bold = True
    if "code" in span.marks:
        font.name, font.size = _MONOSPACE, Pt(9.5)


def _clean(text: str) -> str:
    return str(_FORBIDDEN.sub("", text))


def _forget_time(written: io.BytesIO) -> bytes:
    """Pack the parts again under one fixed time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = zipfile.ZipInfo(name, date_time=_NO_TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(part, before.read(name))
    return packed.getvalue()
