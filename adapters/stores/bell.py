"""Waiting for something that happens in this process, with a bound on the waiting."""

from __future__ import annotations

import asyncio

from domain.ports import Clock


class Bell:
    """Wakes everybody who waits for it."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all who wait now; whoever comes later waits for the next time."""
        for waiter in self._waiters:
            _wake(waiter)

    async def wait(self, clock: Clock, seconds: float) -> None:
        """Return when it rings, or after that long; at once for 0 or less."""
        if seconds <= 0:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = asyncio.create_task(clock.sleep(seconds))
        timer.add_done_callback(lambda _: _wake(waiter))
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
            timer.cancel()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
