"""A text as a tree of blocks: what every export is written from."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

Mark = Literal["bold", "italic", "strike", "code", "subscript", "superscript", "underline"]


@frozen(kw_only=True)
class Span:
    r"""A piece of text in one manner; `href` makes it a link. A line break is "\n"."""

    text: str
    marks: frozenset[Mark] = frozenset()
    href: str | None = None


@frozen(kw_only=True)
class Paragraph:
    """Running text."""

    spans: tuple[Span, ...]


@frozen(kw_only=True)
class Heading:
    """A heading of level 1 to 6."""

    level: int
    spans: tuple[Span, ...]


@frozen(kw_only=True)
class Code:
    """Lines of code, as they stand; `language` is "" where nobody said."""

    text: str
    language: str = ""


@frozen(kw_only=True)
class Rule:
    """A line across the page."""


@frozen(kw_only=True)
class Quote:
    """What somebody else said."""

    blocks: tuple[Block, ...]


@frozen(kw_only=True)
class List:
    """A list; `start` is the number of its first item, None for bullets."""

    start: int | None
    items: tuple[tuple[Block, ...], ...]


@frozen(kw_only=True)
class Table:
    """Rows of cells, as many in each; the first `head_rows` name the columns."""

    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    head_rows: int


Block = Paragraph | Heading | Code | Rule | Quote | List | Table


@frozen(kw_only=True)
class Document:
    """A whole text; `markup` is the same as sanitised HTML."""

    blocks: tuple[Block, ...]
    markup: str

    @property
    def title(self) -> str:
        """The text of the first heading, "" where there is none."""
        headings = (block for block in self.blocks if isinstance(block, Heading))
        return next((" ".join(write_plain(heading.spans).split()) for heading in headings), "")


def is_tight(item: tuple[Block, ...]) -> bool:
    """Whether a list's item is a line and perhaps a list below it, so that no empty lines are needed."""
    return len(item) < 2 or (len(item) == 2 and isinstance(item[0], Paragraph) and isinstance(item[1], List))


def write_plain(spans: tuple[Span, ...]) -> str:
    """Return the text of spans without their manner."""
    return "".join(span.text for span in spans)
