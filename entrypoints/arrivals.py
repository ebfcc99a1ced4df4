"""Telling open streams of new runs at once, where both are in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import field, frozen


@frozen
class Arrivals:
    """Who wants to hear of whose new runs. It only saves time: streams also look into the store."""

    _listeners: dict[str, list[Callable[[str], None]]] = field(factory=dict, init=False)

    def announce(self, owner: str, run_id: str) -> None:
        """Tell those who listen for this owner."""
        for listener in tuple(self._listeners.get(owner, ())):
            listener(run_id)

    @contextmanager
    def listen(self, owner: str, listener: Callable[[str], None]) -> Iterator[None]:
        """Call `listener` with the id of every run that the owner starts, until the block is left."""
        heard = self._listeners.setdefault(owner, [])
        heard.append(listener)
        try:
            yield
        finally:
            heard.remove(listener)
            if not heard:
                self._listeners.pop(owner, None)
