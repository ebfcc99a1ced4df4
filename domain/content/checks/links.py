"""The check `links`: how many links a text has, of which form, and to which hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.length import is_due, refuse_bad_range
from domain.content.finding import MOST_FINDINGS, Finding, place_at
from domain.content.links import Link, iterate_links, read_host, read_scheme
from domain.content.text import to_well_formed

_WEB = frozenset({"http", "https"})
_WHERE_TO = {"mailto": "@", "tel": ""}


@frozen(kw_only=True)
class LinksCheck:
    """From `min` to `max` links, each of a sound form, with one of `schemes`, to one of `hosts` where they are given.

    A host allows what is below it too: example.org allows www.example.org. Links without a scheme, such as /prices and
    #top, are refused unless `relative` is on. Nothing is fetched.
    """

    kind: ClassVar[str] = "links"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {
            "min": {"type": "integer", "minimum": 1},
            "max": {"type": "integer", "minimum": 0},
            "hosts": {
                "type": "array",
                "items": {"type": "string", "pattern": r"^[a-z0-9.-]+$", "examples": ["example.org"]},
                "minItems": 1,
                "maxItems": 100,
            },
            "schemes": {"type": "array", "items": {"type": "string", "pattern": "^[a-z][a-z0-9+.-]*$"}, "minItems": 1},
            "relative": {"type": "boolean"},
        }
    }

    min: int | None = None
    max: int | None = None
    hosts: tuple[str, ...] = field(default=(), converter=tuple)
    schemes: tuple[str, ...] = field(default=("https", "http", "mailto", "tel"), converter=tuple)
    relative: bool = False
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        refuse_bad_range(self.min, self.max)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Tell the number where it is wrong, and the first 20 links that are."""
        links = tuple(iterate_links(text))
        return (*self._judge_count(text, links), *islice(self._judge_links(text, links), MOST_FINDINGS))

    def scan(self, text: str, start: int) -> Finding | None:
        """Look at the lines that are whole; where HTML code is open, what looks like a link may turn out to be none."""
        if not is_due(start, len(text)):
            return None
        whole = text[: text.rfind("\n") + 1]
        if "<pre" in whole.lower() or "<code" in whole.lower():
            return None
        links = tuple(iterate_links(whole))
        found = (*self._judge_most(whole, links), *islice(self._judge_links(whole, links), 1))
        return found[0] if found else None

    def _judge_count(self, text: str, links: tuple[Link, ...]) -> Iterator[Finding]:
        if self.min is not None and len(links) < self.min:
            message = f"has {_count(len(links))}, {self.min - len(links):,} too few: link to at least {self.min:,}."
            yield Finding(check=self.kind, message=message)
        yield from self._judge_most(text, links)

    def _judge_most(self, text: str, links: tuple[Link, ...]) -> Iterator[Finding]:
        if self.max is not None and len(links) > self.max:
            link = links[self.max]
            message = f"has {_count(len(links))}, {len(links) - self.max:,} too many: keep at most {self.max:,}."
            yield Finding(check=self.kind, message=message, where=place_at(text, link.start, link.end))

    def _judge_links(self, text: str, links: tuple[Link, ...]) -> Iterator[Finding]:
        for link in links:
            wrong = self._find_fault(link.target)
            if wrong is not None:
                message = f'has a link to "{to_well_formed(link.target[:80])}", {wrong}'
                yield Finding(check=self.kind, message=message, where=place_at(text, link.start, link.end))

    def _find_fault(self, target: str) -> str | None:
        if not target:
            return "which leads nowhere: give its address, or take the link out and keep its words."
        scheme = read_scheme(target)
        if scheme is None:
            if self.relative and not target.startswith(("//", "\\", "/\\")):
                return None
            return "which is no whole address: write it out with https://, or take the link out and keep its words."
        if scheme not in self.schemes:
            return f"which begins with {scheme}: and may not: use {' or '.join(self.schemes)}, or take the link out."
        if scheme not in _WEB:
            is_sound = len(target) > len(scheme) + 1 and _WHERE_TO.get(scheme, "") in target
            return None if is_sound else "which is no whole address: complete it, or take the link out."
        host = read_host(target)
        if host is None:
            return "whose address is broken: write it like https://example.org/page, or take the link out."
        if self.hosts and not any(host == allowed or host.endswith(f".{allowed}") for allowed in self.hosts):
            return (
                f"which is on {host}: link to {' or '.join(self.hosts)} only, or take the link out and keep its words."
            )
        return None


def _count(number: int) -> str:
    return "1 link" if number == 1 else f"{number:,} links"
