"""The sentences of a text: what is read aloud, without code, tags, addresses, headings and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import re2

from domain.content.markup import blank_code
from domain.content.words import blank_tags

Span = tuple[int, int]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LISTS = frozenset({"ul", "ol", "li", "dl", "dt", "dd"})
_TABLES = frozenset({"table", "tr", "td", "th"})
_BLOCKS = frozenset({"p", "br", "div", "blockquote", "section", "article", "hr"}) | _LISTS | _TABLES | _HEADINGS
_LONGEST_NAME = 10
_ADDRESS = re2.compile(r"\]\([^()\s]*\)|https?://[^\s<>()\[\]]+")
_ITEM = re2.compile(r"[ \t>]*(?:[-*+•]|[0-9]{1,3}[.)])[ \t]+")
_WIDE_MARKS = frozenset("。\uff01\uff1f")
_MARKS = re.compile("[.!?…。\uff01\uff1f]+[\"'”\u2019»)\\]*_]*")
"""Not RE2: a match costs that 6 µs here, a text of a megabyte may have 300,000, and nothing in this one backtracks."""
_SPACES = frozenset(" \t\n\f\r")
_LISTED = """
e.g. i.e. etc. cf. vs. approx. mr. mrs. ms. dr. prof. st. no. inc. ltd. co. a.m. p.m. u.s.
jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec.
z.b. bzw. ca. d.h. u.a. usw. nr. str. sog. ggf. evtl. vgl. p.ej. sr. sra. m. mme. env. dott. sig. bijv. dhr. mevr.
"""
_ABBREVIATIONS = frozenset(_LISTED.split())
_LONGEST_ABBREVIATION = 8
_LONGEST_MARK = 64


@lru_cache(maxsize=4)
def blank_markup(text: str) -> str:
    """Put spaces in the place of code, HTML tags and addresses; blocks of HTML become lines, their headings "#" lines.

    Every other code point keeps its place.
    """
    visible = blank_code(text)
    if "<" in visible:
        head, *rest = visible.split("<")
        visible = blank_tags(head + "".join(map(_break_line, rest)))
    if "](" in visible or "://" in visible:
        visible = _ADDRESS.sub(lambda found: " " * (found.end() - found.start()), visible)
    return visible


def iterate_sentences(prose: str) -> Iterator[Span]:
    """Yield start and end of each sentence of what `blank_markup` made, in time linear in it.

    A sentence ends with . ! ? … or the paragraph or list item that it stands in; headings and table rows are none.
    """
    for start, end in _iterate_blocks(prose):
        yield from _split(prose, start, end)


def _break_line(part: str) -> str:
    """Put an empty line in the place of a block's tag, or the "#" of a heading's."""
    name = part[:_LONGEST_NAME].partition(">")[0].partition(" ")[0].rstrip("/").lower()
    if name.removeprefix("/") not in _BLOCKS or ">" not in part:
        return f"<{part}"
    inside, _, rest = part.partition(">")
    return ("\n#" if name in _HEADINGS else "\n\n").ljust(len(inside) + 2) + rest


def _iterate_blocks(prose: str) -> Iterator[Span]:
    begun, position = 0, 0
    while position < len(prose):
        end = prose.find("\n", position)
        end = len(prose) if end < 0 else end
        text_start = _find_text(
            prose[position : min(end, position + _LONGEST_MARK)], is_whole=end <= position + _LONGEST_MARK
        )
        if text_start != 0:
            if position - begun > 1:
                yield begun, position
            begun = end if text_start is None else position + text_start
        position = end + 1
    yield begun, len(prose)


def _find_text(line: str, *, is_whole: bool) -> int | None:
    """Return where the text of a line begins: 0 where it goes on with a block, None where it has no sentence."""
    lead = line.lstrip(" \t>")[:1]
    if not lead:
        return None if is_whole else 0
    if lead in "#|":
        return None
    item = _ITEM.match(line) if lead in "-*+•" or lead.isdecimal() else None
    return 0 if item is None else int(item.end())


def _split(prose: str, start: int, end: int) -> Iterator[Span]:
    block, begun = prose[start:end], 0
    for found in _MARKS.finditer(block):
        mark, behind = found.span()
        if _ends_sentence(block, mark, behind):
            yield from _trim(block, begun, behind, start)
            begun = behind
    yield from _trim(block, begun, len(block), start)


def _trim(block: str, begun: int, end: int, shift: int) -> Iterator[Span]:
    piece = block[begun:end]
    if any(map(str.isalnum, piece)):
        lead = len(piece) - len(piece.lstrip())
        yield shift + begun + lead, shift + begun + len(piece.rstrip())


def _ends_sentence(block: str, mark: int, end: int) -> bool:
    """Whether marks end a sentence: not behind an abbreviation, an initial or "3.", nor before a small letter.

    Those of Chinese and Japanese always do, the others only before white space.
    """
    if not _WIDE_MARKS.isdisjoint(block[mark:end]):
        return True
    if block[end : end + 1] not in _SPACES:
        return False
    if block[mark] != ".":
        return True
    if block[end + 1 : end + 2].islower():
        return False
    word = block[max(0, mark - _LONGEST_ABBREVIATION) : mark].split(" ")[-1].split("\n")[-1].lstrip("(\"'*_")
    is_initial = len(word) == 1 and word.isupper()
    is_ordinal = len(word) <= 2 and word.isdecimal()
    return not (is_initial or is_ordinal or f"{word.lower()}." in _ABBREVIATIONS)
