"""Whether a text is HTML whose tags are closed in order: only that is cheap to hand to an HTML parser as it is."""

from __future__ import annotations

import re2

_LONGEST = 1_000_000
_MOST_ENTITIES = 20_000
_DEEPEST = 128
_VOID = frozenset({"br", "hr", "img", "wbr", "col", "input"})
_TAG = re2.compile(
    r"""<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))?)*\s*(/?)>"""
)


def is_well_formed(text: str) -> bool:
    """Whether a text begins with a tag and ends with one, and every tag in it is closed in order, 128 deep at most.

    nh3 takes time quadratic in the depth of unclosed elements, and in the entities of a text.
    """
    if not text.startswith("<") or not text.endswith(">") or len(text) > _LONGEST or text.count("&") > _MOST_ENTITIES:
        return False
    opened: list[str] = []
    count = 0
    for tag in _TAG.finditer(text):
        count += 1
        is_end, name, is_empty = bool(tag.group(1)), tag.group(2).lower(), bool(tag.group(3))
        if is_end:
            if not opened or opened.pop() != name:
                return False
        elif name not in _VOID and not is_empty:
            opened.append(name)
        if len(opened) > _DEEPEST:
            return False
    return not opened and count == text.count("<")
