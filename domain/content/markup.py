"""What stands where in Markdown and HTML: headings, and code, which checks of prose leave alone."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import lru_cache

import re2
from attrs import frozen

from domain.content.text import to_well_formed
from domain.content.words import blank_tags

_SPAN = re2.compile(r"`[^`\n]+`")
_CODE_BEGINNINGS = frozenset("/pPcC")
_LONGEST_CODE_TAG = len("/code") + 1
_BEHIND_MARKS = frozenset({" ", "\t"})
_HTML_HEADING = re2.compile(r"(?i)<h([1-6])\b[^<>]*>([\s\S]*?)</h[1-6]\s*>")
_EMPHASIS = str.maketrans("", "", "*_`")


@frozen(kw_only=True)
class Heading:
    """A heading of Markdown (# style) or HTML; `start` and `end` are code points of the text."""

    level: int
    title: str
    start: int
    end: int


@lru_cache(maxsize=4)
def find_headings(text: str) -> tuple[Heading, ...]:
    """Return the headings of a text in their order."""
    visible = blank_code(text)
    return tuple(sorted((*_find_markdown(text, visible), *_find_html(text, visible)), key=lambda found: found.start))


@lru_cache(maxsize=4)
def blank_code(text: str) -> str:
    """Put spaces in the place of code blocks and code spans, so that every other code point keeps its place."""
    return _blank_html_code(_blank_spans(_blank_fenced(to_well_formed(text))))


def find_open_fence(text: str) -> tuple[int, int] | None:
    """Return start and end of the line that opens a code block which nothing closes."""
    if "```" not in text and "~~~" not in text:
        return None
    fence, span, position = "", (0, 0), 0
    for line in text.split("\n"):
        mark = _read_fence(line)
        if not fence:
            fence, span = mark, (position, position + len(line))
        elif _closes(fence, mark, line):
            fence = ""
        position += len(line) + 1
    return span if fence else None


def _find_markdown(text: str, visible: str) -> Iterator[Heading]:
    position = visible.find("#")
    while position >= 0:
        end = visible.find("\n", position)
        end = len(visible) if end < 0 else end
        start = visible.rfind("\n", 0, position) + 1
        marks = end - position - len(visible[position:end].lstrip("#"))
        is_spaced = visible[position + marks : position + marks + 1] in _BEHIND_MARKS
        if position - start <= 3 and not visible[start:position].strip(" ") and marks <= 6 and is_spaced:
            title = text[position + marks : end].rstrip().rstrip("#").translate(_EMPHASIS)
            yield Heading(level=marks, title=_join(title), start=start, end=end)
        position = visible.find("#", end)


def _find_html(text: str, visible: str) -> Iterator[Heading]:
    if "<" not in visible:
        return
    for match in _HTML_HEADING.finditer(visible):
        start, end = match.span()
        title = html.unescape(blank_tags(text[match.start(2) : match.end(2)]))
        yield Heading(level=int(match.group(1)), title=_join(title), start=start, end=end)


def _join(title: str) -> str:
    return " ".join(title.split())


def _blank_fenced(text: str) -> str:
    if "```" not in text and "~~~" not in text:
        return text
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = _read_fence(line)
        is_code = bool(fence or mark)
        if not fence:
            fence = mark
        elif _closes(fence, mark, line):
            fence = ""
        lines.append(" " * len(line) if is_code else line)
    return "\n".join(lines)


def _read_fence(line: str) -> str:
    """Return the run of three or more marks that a line begins with, as it opens or closes a code block."""
    stripped = line.strip()
    mark = stripped[:1]
    length = len(stripped) - len(stripped.lstrip(mark)) if mark in ("`", "~") else 0
    return mark * length if length >= 3 and "`" not in stripped[length:] else ""


def _closes(fence: str, mark: str, line: str) -> bool:
    return mark.startswith(fence) and line.strip() == mark


def _blank_spans(text: str) -> str:
    return _SPAN.sub(lambda span: " " * (span.end() - span.start()), text) if "`" in text else text


def _blank_html_code(text: str) -> str:
    if "<" not in text:
        return text
    head, *rest = text.split("<")
    shown, depth = [head], 0
    hidden: list[str] = []
    for part in rest:
        tag = _read_code_tag(part)
        if tag == "start":
            depth += 1
        elif tag == "end" and depth:
            depth -= 1
            if not depth:
                shown.append(_blank_lines("".join(hidden)))
                hidden.clear()
        (hidden if depth else shown).append(f"<{part}")
    return "".join((*shown, *hidden))


def _read_code_tag(part: str) -> str:
    """Return which tag of code stands at the beginning, behind its "<": "start" or "end", "" where there is none."""
    if part[:1] not in _CODE_BEGINNINGS:
        return ""
    tag, is_closed, _ = part.partition(">")
    name = tag[:_LONGEST_CODE_TAG].lower()
    bare = name.removeprefix("/")
    known = next((known for known in ("pre", "code") if bare.startswith(known)), None)
    behind = "" if known is None else bare[len(known) : len(known) + 1]
    if not is_closed or known is None or behind == "_" or (behind.isascii() and behind.isalnum()):
        return ""
    return "start" if name == bare else "end"


def _blank_lines(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))
