"""What the checks of a text's length have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.content.checks.option import OptionError

COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 1}
LENGTH_OPTIONS: Mapping[str, Any] = {"properties": {"min": COUNT, "max": COUNT}}


def refuse_bad_range(least: float | None, most: float | None) -> None:
    """Refuse bounds that no text can be within.

    Raises:
        OptionError: They can't be met.
    """
    if least is not None and most is not None and least > most:
        raise OptionError("/min", f"is above max ({most:,})")


def refuse_no_bound(*bounds: object) -> None:
    """Refuse a check that every text passes.

    Raises:
        OptionError: No bound is given.
    """
    if all(bound is None for bound in bounds):
        raise OptionError("", "needs at least one of its options")


def is_due(start: int, end: int) -> bool:
    """Whether a text that grew from `start` to `end` is to be counted again: whenever it grew by about a sixteenth.

    Counting at every delta would take time quadratic in the text.
    """
    step = 1 << max(0, end.bit_length() - 5)
    return start // step != end // step
