"""PostgreSQL as an engine of the rig."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define

from tests.adapters.postgresql.server import DURABLE_OPTIONS, PostgresqlServer, ask, serving_postgresql
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
_COUNT = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
_REQUESTS = (
    "SELECT coalesce(sum(calls), 0)::bigint AS n FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"
)
"""pg_stat_database would not do: it does not hear of transactions that touch no table, such as `SELECT 1`."""


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
        """Read the tables: events first, so that each of them is a run's that is known."""
        rows = await ask(self.url, _EVENTS)
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
        for row in rows:
            event = StoredEvent(seq=row["seq"], epoch=row["epoch"], type=row["type"], data=row["data"].decode())
            events[row["id"]].append(event)
        return Kept(events={run_id: tuple(log) for run_id, log in events.items()}, states=states)

    async def count_requests(self) -> int:
        """Return the statements so far."""
        await ask(self.url, _COUNT)
        (row,) = await ask(self.url, _REQUESTS)
        return int(row["n"])


@contextmanager
def serving_postgresql_engine(*, is_durable: bool = False) -> Iterator[PostgresqlEngine]:
    """Serve a new cluster until the end of the block."""
    options = DURABLE_OPTIONS if is_durable else {}
    with serving_postgresql(shared_preload_libraries="pg_stat_statements", **options) as server:
        yield PostgresqlEngine(server=server)
