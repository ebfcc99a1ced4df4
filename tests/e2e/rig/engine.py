"""A store that processes share, on a real server of its own; each engine is one entry of `ENGINES`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.evidence import Evidence
from tests.e2e.rig.invariants import find_breaks
from tests.e2e.rig.kept import Kept
from tests.e2e.rig.ledger import read_ledger
from tests.e2e.rig.postgresql import serving_postgresql_engine
from tests.e2e.rig.redis import serving_redis_engine


class Engine(Protocol):
    """A server in a temporary folder on a free loopback port, which is gone at the end of its context."""

    name: str
    port: int

    @property
    def pid(self) -> int:
        """Its main process, whose children may do the work."""
        ...

    @property
    def url(self) -> str:
        """What STORE_URL is."""
        ...

    def start(self) -> None:
        """Start it again on the same port and data; return when it takes connections. Only for the main thread."""
        ...

    def stop(self) -> None:
        """End it in the hardest way from which it comes back with all that was acknowledged."""
        ...

    async def empty(self) -> None:
        """Forget everything, while nobody uses it."""
        ...

    async def read(self) -> Kept:
        """Return every run and its log."""
        ...

    async def count_requests(self) -> int:
        """Return how many statements or commands it has answered so far, those of this count itself aside."""
        ...


ENGINES: Mapping[str, Callable[..., AbstractContextManager[Engine]]] = {
    "postgresql": serving_postgresql_engine,
    "redis": serving_redis_engine,
}
"""With `is_durable` an ack waits for the disk, as in production; without it tests take less time."""


async def gather_evidence(
    engine: Engine, calls: Path, clients: Iterable[ClientLog], *, is_over: bool = True
) -> Evidence:
    """Read the store and the provider's ledger beside what the clients were shown."""
    kept = await engine.read()
    return Evidence(
        clients=tuple(clients), events=kept.events, states=kept.states, calls=read_ledger(calls), is_over=is_over
    )


async def assert_nothing_broke(
    engine: Engine, calls: Path, clients: Iterable[ClientLog], *, is_over: bool = True
) -> Evidence:
    """Fail with every breach of an invariant."""
    evidence = await gather_evidence(engine, calls, clients, is_over=is_over)
    breaks = find_breaks(evidence)
    assert not breaks, "\n".join(breaks[:20])
    return evidence
