"""Redis as an engine of the rig."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from attrs import define

from tests.adapters.redis.server import RedisServer, serving_redis
from tests.e2e.rig.evidence import StoredEvent, StoredState, write_inputs
from tests.e2e.rig.kept import Kept

RUN = b"{galley}:run:"
LOG = b"{galley}:log:"
REQUESTS = ("cmdstat_evalsha", "cmdstat_eval", "cmdstat_ping")
"""All that Galley sends once it is connected; what scripts call inside is not sent."""


@define(kw_only=True)
class RedisEngine:
    """One server."""

    server: RedisServer
    name: str = "redis"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    @property
    def pid(self) -> int:
        """Its process."""
        return self.server.pid

    @property
    def url(self) -> str:
        """What STORE_URL is."""
        return self.server.url()

    def start(self) -> None:
        """Start it; it reads its append-only file."""
        self.server.start()

    def stop(self) -> None:
        """Kill it; with `appendfsync always` all that was acknowledged is in its file."""
        self.server.stop()

    async def empty(self) -> None:
        """Remove every key."""
        with self._client() as client:
            client.flushall()

    async def read(self) -> Kept:
        """Read the runs and their streams."""
        states: dict[str, StoredState] = {}
        events: dict[str, tuple[StoredEvent, ...]] = {}
        with self._client() as client:
            seconds, microseconds = client.time()  # type: ignore[misc]
            for key in sorted(client.scan_iter(match=RUN + b"*", count=1000)):
                run_id = key.removeprefix(RUN).decode()
                states[run_id] = _to_state(client.hgetall(key), now=seconds * 1_000_000 + microseconds)  # type: ignore[arg-type]
                log: Any = client.xrange(LOG + run_id.encode())
                events[run_id] = tuple(_to_event(entry, fields) for entry, fields in log)
        return Kept(events=events, states=states)

    async def count_requests(self) -> int:
        """Return the commands so far."""
        with self._client() as client:
            stats: Any = client.info("commandstats")
        return sum(stats[name]["calls"] for name in REQUESTS if name in stats)

    def _client(self) -> redis.Redis:
        return redis.Redis(port=self.port)


def _to_state(run: Mapping[bytes, bytes], *, now: int) -> StoredState:
    return StoredState(
        owner=run[b"owner"].decode(),
        status=run[b"status"].decode(),
        inputs=write_inputs(json.loads(run[b"spec"])["request"]["inputs"]),
        is_leased=int(run.get(b"lease_until", 0)) > now,
    )


def _to_event(entry: bytes, fields: Mapping[bytes, bytes]) -> StoredEvent:
    return StoredEvent(
        seq=int(entry.partition(b"-")[0]),
        epoch=int(fields[b"epoch"]),
        type=fields[b"type"].decode(),
        data=fields[b"data"].decode(),
    )


@contextmanager
def serving_redis_engine(*, is_durable: bool = True) -> Iterator[RedisEngine]:
    """Serve a new server until the end of the block."""
    with serving_redis(appendfsync="always") as server:
        yield RedisEngine(server=server)
