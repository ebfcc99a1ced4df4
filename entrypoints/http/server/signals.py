"""Signals that ask the process to go, and the promise that it goes."""

import asyncio
import faulthandler
import signal
import time
from types import FrameType
from typing import Self

LAST_RESORT_SECONDS = 1.0
STDERR = 2

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopSignals:
    """The first signal asks for a drain, the second ends its grace; while entered, from the main thread only.

    From the first one on a timer runs that nothing in this process can hold up: not a blocked event loop, not a
    thread that keeps the interpreter lock. At the grace's end and one second it writes every thread's stack to
    stderr and exits with status 1, not 0: connections cannot cause it, only a fault in this program can, and
    whoever stopped it should see that its clean-up was left out.
    """

    def __init__(self, grace_seconds: float) -> None:
        self._grace_seconds = grace_seconds
        self._loop = asyncio.get_running_loop()
        self._seen = 0
        self._exit_at = 0.0
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    def __enter__(self) -> Self:
        # What was ignored from the start stays so: nohup does it for SIGHUP, a shell for a background job's SIGINT.
        heard = [number for number in _STOPS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._receive) for number in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            # Once asked to go the process is going; one more signal must not turn its exit into a crash.
            signal.signal(number, signal.SIG_IGN if self._seen else handler)

    def seconds_left(self) -> float:
        """Until the last resort, or for a clean-up that no signal asked for."""
        if not self._seen:
            return self._grace_seconds + LAST_RESORT_SECONDS
        return self._exit_at - time.monotonic()

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self._seen += 1
        if self._seen == 1:
            self._exit_within(self._grace_seconds + LAST_RESORT_SECONDS)
        elif self._seen == 2:
            self._exit_within(min(self.seconds_left(), LAST_RESORT_SECONDS))
        # Set from the loop: it may be asleep in its selector, and a flag alone would not wake it.
        self._loop.call_soon_threadsafe(self._tell, self._seen)

    def _tell(self, seen: int) -> None:
        (self.asked if seen == 1 else self.hurried).set()

    def _exit_within(self, seconds: float) -> None:
        self._exit_at = time.monotonic() + seconds
        faulthandler.dump_traceback_later(seconds, exit=True, file=STDERR)
