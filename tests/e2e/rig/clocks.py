"""A clock that somebody corrects while it is read."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta

from adapters.clock import SystemClock


class JumpingClock(SystemClock):
    """The machine's time, off by `seconds`; each SIGUSR2 adds `jump_seconds` to that, as an operator's `date` does."""

    def __init__(self, *, seconds: float = 0.0, jump_seconds: float = 0.0) -> None:
        self._off = timedelta(seconds=seconds)
        self._jump = timedelta(seconds=jump_seconds)
        signal.signal(signal.SIGUSR2, lambda *_: self._correct())

    def now(self) -> datetime:
        """Return what the wall says here."""
        return super().now() + self._off

    def _correct(self) -> None:
        self._off += self._jump
