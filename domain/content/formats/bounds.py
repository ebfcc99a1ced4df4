"""Which Markdown is cheap enough to be parsed."""

from __future__ import annotations

_LONGEST = 120_000
_MOST_WORK = 10_000_000
_MARKS = "*_`~[]<>&!\\|"
_LINE_WEIGHT = 3


def is_affordable(text: str) -> bool:
    """Whether markdown-it and mdformat take linear time for a text, or not much more.

    Both are quadratic in the marks of a block and in its lines: measured at 33 ns for the square of a mark and at
    220 ns for that of a line. Ordinary texts stay a hundred times below the bound.
    """
    if len(text) > _LONGEST:
        return False
    return sum(_weigh(block) ** 2 for block in text.split("\n\n")) <= _MOST_WORK


def _weigh(block: str) -> int:
    return sum(map(block.count, _MARKS)) + _LINE_WEIGHT * block.count("\n")
