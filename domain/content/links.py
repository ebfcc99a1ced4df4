"""The links of a text, in Markdown, HTML and bare; nothing is ever fetched."""

from __future__ import annotations

import html
from collections.abc import Iterator
from urllib.parse import urlsplit

import re2
from attrs import frozen

from domain.content.markup import blank_code

_LINK = re2.compile(
    r"!?\[[^\[\]\n]{0,500}\]\([ \t]*(?:<([^<>\n]*)>|([^()\s<]*(?:\([^()\s]*\)[^()\s]*)*))[^()\n]*\)"
    r"|(?m:^) {0,3}\[[^\[\]\n]{1,200}\]:[ \t]*<?([^\s<>]+)>?"
    r"|(?i)\b(?:href|src)[ \t]*=[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)')"
    r"|(?i)(\b(?:https?|ftp)://[^\s<>\"'`\[\]]*|\bwww\.[^\s<>\"'`\[\]]+)"
)
_TRAIL = ".,;:!?)*_~…”\u2019»"
_SIGNS = ("](", "]:", "://", "=", "www.", "WWW.", "Www.")


@frozen(kw_only=True)
class Link:
    """A link; `start` and `end` are code points of the text, `target` is what it leads to."""

    target: str
    start: int
    end: int


def iterate_links(text: str) -> Iterator[Link]:
    """Yield the links of a text in their order, but not those in code."""
    visible = blank_code(text)
    if not any(sign in visible for sign in _SIGNS):
        return
    for found in _LINK.finditer(visible):
        start, end = found.span()
        bare = found.group(6)
        if bare is None:
            target = next((group for group in found.groups() if group is not None), "")
            yield Link(target=html.unescape(target.strip()), start=start, end=end)
        else:
            target = bare.rstrip(_TRAIL)
            yield Link(target=target if "://" in target else f"https://{target}", start=start, end=start + len(target))


def read_host(target: str) -> str | None:
    """Return the host of an address in small letters, or None where its form is broken or hides the host.

    Backslashes, white space, control characters and user names are refused: browsers and people read them differently.
    """
    if any(character <= " " or character in '\\"<>^`{|}\x7f' for character in target):
        return None
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        return None
    if not parts.netloc or "@" in parts.netloc:
        return None
    return parts.hostname or None


def read_scheme(target: str) -> str | None:
    """Return the scheme of an address in small letters, or None where it has none."""
    scheme, colon, _ = target.partition(":")
    is_scheme = bool(colon) and scheme[:1].isalpha() and scheme.isascii() and not set(scheme) & set("/?#[ ")
    return scheme.lower() if is_scheme else None
