"""How often something may be tried in vain."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import AuthError, TooManyAttemptsError
from domain.ports import Clock


class Throttle:
    """At most `limit` failed tries in any `seconds` for each key.

    A try counts from its start, so that tries at the same time can't slip through together, and is taken back where it
    did not fail. Only the `keys` keys that were tried last are known. What one process counts no other knows of.
    """

    def __init__(self, clock: Clock, *, limit: int = 10, seconds: float = 60.0, keys: int = 20_000) -> None:
        self._clock = clock
        self._limit = limit
        self._seconds = seconds
        self._most_keys = keys
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    @contextmanager
    def trying(self, *keys: str) -> Iterator[None]:
        """Count the block as a try of every key; it has failed where it raises an AuthError or is cancelled.

        Raises:
            TooManyAttemptsError: One of the keys has no try left; this one does not count.
        """
        now = self._clock.monotonic()
        self._refuse(keys, now)
        for key in keys:
            self._count(key, now)
        try:
            yield
        except (AuthError, asyncio.CancelledError):
            raise
        except BaseException:
            self._take_back(keys, now)
            raise
        self._take_back(keys, now)

    def _refuse(self, keys: tuple[str, ...], now: float) -> None:
        waits = [self._wait(key, now) for key in keys]
        if any(waits):
            raise TooManyAttemptsError("Too many log-ins failed; wait a minute and try again.", retry_after=max(waits))

    def _wait(self, key: str, now: float) -> float:
        """Return the seconds until the key may be tried again."""
        tries = self._tries.get(key, deque())
        while tries and tries[0] <= now - self._seconds:
            tries.popleft()
        return tries[0] + self._seconds - now if len(tries) >= self._limit else 0.0

    def _count(self, key: str, now: float) -> None:
        self._tries.setdefault(key, deque()).append(now)
        self._tries.move_to_end(key)
        if len(self._tries) > self._most_keys:
            self._tries.popitem(last=False)

    def _take_back(self, keys: tuple[str, ...], when: float) -> None:
        for key in keys:
            tries = self._tries.get(key, deque())
            if when in tries:
                tries.remove(when)
            if not tries:
                self._tries.pop(key, None)


def network_of(address: str) -> str:
    """Return what one customer of a network holds: an IPv4 address, or an IPv6 /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
