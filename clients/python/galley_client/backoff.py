"""How long to wait before a stream that was lost is asked for again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LONGEST_RETRY_AFTER: Final = 120.0
"""Seconds. A server that wants to be left alone for longer is believed: its refusal is raised, and not waited for."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Full jitter: a pause is anything up to `first` seconds, doubled by each failure in a row, at most `longest`.

    Chance spreads the clients that one server lost in one moment. After `retries` failures in a row it is given up.
    """

    first: float = 1.0
    longest: float = 15.0
    retries: int = 30
    chance: Callable[[], float] = random.random

    def pause(self, failures: int, *, at_least: float = 0.0, first: float | None = None) -> float:
        """Return the seconds before the next try; `failures` counts from 1, `at_least` is what the server asked for."""
        # Bounded before it is used, because 2.0 ** 1024 is an error.
        doubled = (self.first if first is None else first) * 2.0 ** min(failures - 1, 30)
        return max(at_least, self.chance() * min(self.longest, doubled))
