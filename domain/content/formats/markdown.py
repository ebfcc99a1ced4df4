"""Markdown in one style: mdformat's, with --- for rules and lists that count."""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt
from mdformat.renderer import MDRenderer

from domain.content.formats.bounds import is_affordable
from domain.content.formats.unwrapping import unwrap
from domain.content.front_matter import split_front_matter


def format_markdown(text: str) -> str:
    """Normalise Markdown; a text that this would cost a letter, or too much time, only loses its wrapping.

    Front matter is no Markdown and stays as it is, with an empty line behind it.
    """
    unwrapped = unwrap(text.strip())
    front = split_front_matter(unwrapped)
    if front is None or not front.is_likely:
        return _normalize(unwrapped)
    return f"{unwrapped[: front.end].rstrip()}\n\n{_normalize(unwrapped[front.end :].strip())}".rstrip()


def _normalize(text: str) -> str:
    if not is_affordable(text):
        return text
    formatted = str(_renderer().render(text)).strip()
    return formatted if _letters(formatted) == _letters(text) else text


class _Rules:
    """An mdformat extension."""

    RENDERERS = {"hr": lambda *_: "---"}


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    parser = MarkdownIt(renderer_cls=MDRenderer)  # type: ignore[arg-type]
    parser.options["mdformat"] = {"number": True}
    parser.options["store_labels"] = True
    parser.options["parser_extension"] = [_Rules]
    parser.options["codeformatters"] = {}
    return parser


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))
