"""HTML that loads nothing and runs nothing: rendered from Markdown, or sanitised where it is HTML already."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import nh3
import re2
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from domain.content.formats.bounds import is_affordable
from domain.content.formats.nesting import is_well_formed
from domain.content.formats.unwrapping import unwrap

_IMAGE_ADDRESS = re2.compile(r"https://([A-Za-z0-9.-]+)(?:/[!#-;=?-\[\]-~]*)?")
"""No user, no port, and no sign of which browsers and libraries think differently."""

_IMAGE = re2.compile(r'<img(?: (?:alt|title|width|height)="[^"]*")*( src="[^"]*")?[^<>]*>')
_BLOCKS = {"blockquote", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "section", "ul"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TABLES = {"table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_INLINE = {"a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small", "span"}
_TAGS = _BLOCKS | _HEADINGS | _TABLES | _INLINE | {"strong", "sub", "sup", "u"}
_ATTRIBUTES = {
    "*": {"lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}


def format_html(text: str, remote: frozenset[str] = frozenset()) -> str:
    """Return sanitised HTML: no scripts, styles, frames, forms or anything else that runs or loads by itself.

    Images are shown from the hosts in `remote` alone, over https; others become links where they come from Markdown.
    """
    unwrapped = unwrap(text.strip())
    if _is_plain(unwrapped):
        return unwrapped
    if is_well_formed(unwrapped):
        return _sanitise(unwrapped, remote)
    if not is_affordable(unwrapped):
        return format_plainly(unwrapped)
    return _sanitise(_renderer(remote).render(unwrapped), remote)


def format_plainly(text: str) -> str:
    """Return a text as escaped paragraphs, whatever it holds."""
    blocks = (html.escape(block.strip(), quote=False) for block in text.split("\n\n"))
    return "\n".join(f"<p>{block}</p>" for block in blocks if block)


def _is_plain(text: str) -> bool:
    """Whether it is made of nothing but <p>, which needs no sanitising, however long it is."""
    return text.startswith("<p>") and text.count("<p>") + text.count("</p>") == text.count("<") == text.count(">")


def _sanitise(markup: str, remote: frozenset[str]) -> str:
    cleaned = nh3.clean(
        markup,
        tags=_TAGS | {"img"} if remote else _TAGS,
        clean_content_tags={"script", "style"},
        attributes={**_ATTRIBUTES, "img": {"src", "alt", "title", "width", "height"}} if remote else _ATTRIBUTES,
        attribute_filter=partial(_filter_image, remote) if remote else None,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    return _drop_empty_images(cleaned).strip() if remote else cleaned.strip()


def _filter_image(remote: frozenset[str], tag: str, name: str, value: str) -> str | None:
    return None if (tag, name) == ("img", "src") and not _is_shown(value, remote) else value


def _is_shown(source: str, remote: frozenset[str]) -> bool:
    """Whether an image's address is one that every browser reads as one of those hosts."""
    found = _IMAGE_ADDRESS.fullmatch(source)
    return found is not None and found.group(1).lower() in remote


def _drop_empty_images(markup: str) -> str:
    """Take out the images whose source was not allowed."""
    return str(_IMAGE.sub(lambda image: image.group() if image.group(1) else "", markup))


class _Renderer(RendererHTML):
    """Shows an image as a link to it, so that nothing loads without a click, unless its host is one of `remote`."""

    remote: frozenset[str] = frozenset()

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Write <a href="source">alternative text</a>, or the image."""
        token = tokens[idx]
        source = str(token.attrs.get("src", ""))
        if _is_shown(source, self.remote):
            return super().image(tokens, idx, options, env)
        text = self.renderInlineAsText(token.children or [], options, env) or source
        return f'<a href="{html.escape(source)}">{html.escape(text)}</a>'


@lru_cache(maxsize=64)
def _renderer(remote: frozenset[str]) -> MarkdownIt:
    made = MarkdownIt("js-default", {"html": False}, renderer_cls=_Renderer)
    assert isinstance(made.renderer, _Renderer)
    made.renderer.remote = remote
    return made
