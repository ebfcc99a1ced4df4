"""Plain text: Markdown without its marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from attrs import define
from markdown_it import MarkdownIt
from markdown_it.token import Token

from domain.content.formats.bounds import is_affordable
from domain.content.formats.unwrapping import unwrap


def format_plain_text(text: str) -> str:
    """Strip the marks of headings, emphasis, quotes and code; lists keep theirs, and links show their address."""
    unwrapped = unwrap(text.strip())
    if not is_affordable(unwrapped):
        return unwrapped
    writing = _Writing()
    for token in _parser().parse(unwrapped):
        writing.take(token)
    return "".join(writing.pieces).strip()


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).disable(["reference", "html_block"])


@define
class _List:
    """A list that is open: the number of its next item, None for bullets, and the width of its last marker."""

    counter: int | None
    width: int = 0


class _Writing:
    """One pass over a document's tokens."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._lists: list[_List] = []
        self._marker = ""
        self._is_close = False

    def take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._open(None)
            case "ordered_list_open":
                self._open(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._begin_item(self._lists[-1], token.markup)
            case "paragraph_open":
                self._is_close = self._is_close and token.hidden
            case "inline":
                self._add("".join(_iterate_text(token.children or [])))
            case "heading_open":
                self._is_close = False
            case "fence" | "code_block":
                self._is_close = False
                self._add(token.content.rstrip("\n"))

    def _open(self, counter: int | None) -> None:
        self._is_close = bool(self._lists)
        self._lists.append(_List(counter))

    def _begin_item(self, around: _List, markup: str) -> None:
        self._marker = "- "
        if around.counter is not None:
            self._marker = f"{around.counter}{markup} "
            around.counter += 1
        around.width = len(self._marker)

    def _add(self, block: str) -> None:
        hanging = " " * sum(around.width for around in self._lists)
        first = hanging[len(self._marker) :] + self._marker
        self.pieces += ["\n" if self._is_close else "\n\n", first, block.replace("\n", f"\n{hanging}")]
        self._marker = ""
        self._is_close = bool(self._lists)


def _iterate_text(tokens: Sequence[Token]) -> Iterator[str]:
    address, label = "", ""
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                yield "\n"
            case "link_open":
                address, label = str(token.attrs.get("href", "")), ""
            case "link_close":
                yield "" if address in (label, f"mailto:{label}") else f" ({address})"
            case _:
                label += token.content
                yield token.content
