"""What an assistant puts around a text that was asked for alone."""

from __future__ import annotations

import re2

_LANGUAGES = frozenset({"", "markdown", "md", "html", "json", "text", "txt", "plaintext"})
_MOST_LAYERS = 2
_KINDS = "text|draft|post|article|version|copy|content|description|newsletter|release|notes|faq|json|markdown|html|page"
_TALK = re2.compile(
    r"(?i)^(?:(?:sure|certainly|of course|absolutely|okay|ok)\b[^\n:]{0,60}[!.,:] *)?"
    r"(?:here(?:'s|\x{2019}s| is| are)|below (?:is|are)) (?:your|the|a|an)\b[^\n:]{0,80}\b(?:"
    + _KINDS
    + r")\b[^\n:]{0,80}:$"
)


def unwrap(text: str) -> str:
    """Strip a line like "Here is your blog post:" and a code fence around everything, where nothing else is lost.

    The line goes only where it names the text, ends with a colon and stands alone before a blank line or a fence.
    """
    for _ in range(_MOST_LAYERS):
        text = _strip_fence(_strip_talk(text))
    return text


def _strip_talk(text: str) -> str:
    line, _, rest = text.partition("\n")
    is_alone = rest.startswith(("\n", "```"))
    return rest.strip() if is_alone and _TALK.search(line.strip().strip("*")) else text


def _strip_fence(text: str) -> str:
    first, _, rest = text.partition("\n")
    mark = first[: len(first) - len(first.lstrip("`"))]
    body, _, last = rest.rpartition("\n")
    is_fence = len(mark) >= 3 and first[len(mark) :].strip().lower() in _LANGUAGES
    if not is_fence or last.strip() != mark or _has_open_fence(body, mark):
        return text
    return body.strip()


def _has_open_fence(body: str, mark: str) -> bool:
    """Whether the first fence ends inside, so that the last one belongs to another code block."""
    fences = [line.strip() for line in body.split("\n") if line.strip().startswith(mark)]
    is_open = False
    for line in fences:
        if line == mark and not is_open:
            return True
        is_open = not is_open
    return is_open
