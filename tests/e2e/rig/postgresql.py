"""PostgreSQL as an engine of the rig."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define

from tests.adapters.postgresql.server import PostgresqlServer, ask, serving_postgresql
from tests.e2e.rig.evidence import StoredEvent, StoredState, write_inputs
from tests.e2e.rig.kept import Kept

_STATES = """
SELECT id, runs.owner, status, spec, coalesce(lease_until > now(), false) AS is_leased
FROM galley.runs JOIN galley.requests ON requests.run = runs.key ORDER BY key
"""
_EVENTS = """
SELECT runs.id, seq, events.epoch, type, data FROM galley.events JOIN galley.runs ON runs.key = events.run
ORDER BY runs.key, seq
"""
_REQUESTS = "SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()"


@define(kw_only=True)
class PostgresqlEngine:
    """One cluster."""

    server: PostgresqlServer
    name: str = "postgresql"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    @property
    def pid(self) -> int:
        """Its main process."""
        return self.server.pid

    @property
    def url(self) -> str:
        """What STORE_URL is."""
        return self.server.url()

    def start(self) -> None:
        """Start the cluster, which recovers."""
        self.server.start()

    def stop(self) -> None:
        """Shut it down at once, as `pg_ctl stop -m immediate` does."""
        self.server.stop()

    async def empty(self) -> None:
        """Drop Galley's schema."""
        await ask(self.url, "DROP SCHEMA IF EXISTS galley CASCADE")

    async def read(self) -> Kept:
        """Read the tables."""
        states = {
            row["id"]: StoredState(
                owner=row["owner"],
                status=row["status"],
                inputs=write_inputs(json.loads(row["spec"])["request"]["inputs"]),
                is_leased=row["is_leased"],
            )
            for row in await ask(self.url, _STATES)
        }
        events: dict[str, list[StoredEvent]] = {run_id: [] for run_id in states}
        for row in await ask(self.url, _EVENTS):
            event = StoredEvent(seq=row["seq"], epoch=row["epoch"], type=row["type"], data=row["data"].decode())
            events[row["id"]].append(event)
        return Kept(events={run_id: tuple(log) for run_id, log in events.items()}, states=states)

    async def count_requests(self) -> int:
        """Return the transactions so far: every statement of Galley's is one, and most of its transactions are one."""
        (row,) = await ask(self.url, _REQUESTS)
        return int(row["n"])


@contextmanager
def serving_postgresql_engine(*, is_durable: bool = False) -> Iterator[PostgresqlEngine]:
    """Serve a new cluster until the end of the block."""
    with serving_postgresql(is_durable=is_durable) as server:
        yield PostgresqlEngine(server=server)
