"""Front matter: the YAML between two lines of --- with which a Markdown text may begin."""

from __future__ import annotations

import re2
from attrs import frozen

from domain.content.text import to_well_formed

_OPENING = re2.compile(r"\A---[ \t]*\n")
_CLOSING = re2.compile(r"\n(?:---|\.\.\.)[ \t]*(?:\n|\z)")


_NAME = re2.compile(r"\A[\"']?[\pL_][\pL\pN_. -]*[\"']?:(?:[ \t]|\n|\z)")
LONGEST = 16_000
"""Characters of the YAML: reading it is slow, and what is longer is no front matter."""


@frozen(kw_only=True)
class FrontMatter:
    """The YAML, where it starts and where the text behind it starts, in code points."""

    yaml: str
    start: int
    end: int

    @property
    def is_likely(self) -> bool:
        """Whether it begins with a name and a colon, as what stands between two rules of Markdown seldom does."""
        return len(self.yaml) <= LONGEST and _NAME.match(self.yaml) is not None


def split_front_matter(text: str) -> FrontMatter | None:
    """Return what a text begins with where that is front matter."""
    sound = to_well_formed(text)
    opening = _OPENING.match(sound)
    if opening is None:
        return None
    found = _CLOSING.search(sound[opening.end() - 1 :])
    if found is None:
        return None
    start, shift = opening.end(), opening.end() - 1
    return FrontMatter(yaml=sound[start : max(start, shift + found.start())], start=start, end=shift + found.end())
