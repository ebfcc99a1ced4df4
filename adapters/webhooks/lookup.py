"""Looking names up without waiting for libc at the process's end, or taking threads that others need."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

LOOKUPS: Final = 16
"""At once. One may hang for half a minute beyond whoever wanted it."""


class Lookup:
    """Asks the system's resolver, in threads that end with the process; `look_up` is for tests."""

    def __init__(self, look_up: Callable[[str, int], tuple[str, ...]] | None = None) -> None:
        self._look_up = look_up or _look_up
        self._free = asyncio.Semaphore(LOOKUPS)

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host, in the order in which they should be tried; empty where it has none."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[tuple[str, ...]] = loop.create_future()

        def tell(addresses: tuple[str, ...]) -> None:
            self._free.release()
            if not found.done():
                found.set_result(addresses)

        def look() -> None:
            addresses = self._look_up(host, port)
            # The loop may be gone by now, and whoever asked with it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, addresses)

        threading.Thread(target=look, name="galley-lookup", daemon=True).start()
        return await found


def _look_up(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))
