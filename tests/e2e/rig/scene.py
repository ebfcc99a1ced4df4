"""A server, its users and what is known of them afterwards: what every fault test begins and ends with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.e2e.rig.client import ClientLog, GalleyClient, connect
from tests.e2e.rig.database import check_integrity, open_read_only, read_events, read_states
from tests.e2e.rig.evidence import Evidence
from tests.e2e.rig.invariants import find_breaks
from tests.e2e.rig.ledger import read_ledger
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess


@asynccontextmanager
async def log_in(process: GalleyProcess, url: str | None = None) -> AsyncIterator[GalleyClient]:
    """Give the first user's client, by way of a proxy where `url` is one."""
    async with connect(url or process.url, user="admin", password=ADMIN_PASSWORD) as client:
        yield client


def ask(topic: str, **more: Any) -> Mapping[str, Any]:
    """Return the body of a run. Each test gives each run its own topic: by it the provider's calls are told apart."""
    return {"prompt": "kites", "inputs": {"topic": topic}} | more


def gather_evidence(process: GalleyProcess, clients: Iterable[ClientLog], *, is_over: bool = True) -> Evidence:
    """Read the database and the provider's ledger beside what the clients were shown."""
    with open_read_only(process.database) as db:
        return Evidence(
            clients=tuple(clients),
            events=read_events(db),
            states=read_states(db),
            calls=read_ledger(process.ledger),
            integrity=check_integrity(db),
            is_over=is_over,
        )


def assert_nothing_broke(process: GalleyProcess, clients: Iterable[ClientLog], *, is_over: bool = True) -> Evidence:
    """Fail with every breach of an invariant, and say where the server's own words are."""
    evidence = gather_evidence(process, clients, is_over=is_over)
    breaks = find_breaks(evidence)
    assert not breaks, "\n".join(breaks[:20])
    return evidence
