"""A cluster: the keys are on one node, which is found whatever node the URL names, and found again after a failover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from adapters.clock import SystemClock
from adapters.stores.redis.store import RedisStore
from domain.run.model import Lease, RunQuery
from domain.run.spending import DailyLimits
from tests.adapters.patience import hears, until
from tests.adapters.ports import find_free_port
from tests.adapters.redis.server import RedisServer, serving_redis
from tests.contract.ledger import reservation
from tests.contract.outages import append_stubbornly, follow_stubbornly
from tests.contract.prompt_store import publish
from tests.contract.store import finish_run, make_records, soon, start_run
from tests.contract.user_store import ANN, SESSION

SLOTS = 16384
CLUSTER_OPTIONS = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": "2000",
    "cluster-require-full-coverage": "no",
    "repl-diskless-sync-delay": "0",
}

Nodes = tuple[RedisServer, RedisServer, RedisServer]


@pytest.fixture
async def nodes() -> AsyncIterator[Nodes]:
    """Two primaries with half of the slots each, and a replica of the one that has ours."""
    with ExitStack() as stack:
        buses = [find_free_port() for _ in range(3)]
        empty, ours, replica = (
            stack.enter_context(serving_redis(**CLUSTER_OPTIONS, **{"cluster-port": str(bus)})) for bus in buses
        )
        ours.ask("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        empty.ask("CLUSTER", "ADDSLOTSRANGE", 8192, SLOTS - 1)
        for other in (empty, replica):
            other.ask("CLUSTER", "MEET", "127.0.0.1", ours.port, buses[1])
        primary = ours.ask("CLUSTER", "MYID")
        await until(lambda: knows(replica, primary))
        replica.ask("CLUSTER", "REPLICATE", primary)
        await until(lambda: is_linked(replica))
        await until(lambda: knows(empty, replica.ask("CLUSTER", "MYID")))
        for node in (empty, ours, replica):
            await until(lambda node=node: is_up(node))
        yield empty, ours, replica


async def knows(server: RedisServer, node: bytes) -> bool:
    return node.decode() in str(server.ask("CLUSTER", "NODES"))


async def is_linked(replica: RedisServer) -> bool:
    return bool(replica.ask("INFO", "replication")["master_link_status"] == "up")


async def is_up(server: RedisServer) -> bool:
    known = server.ask("CLUSTER", "INFO")
    return b"cluster_state:ok" in known and f"cluster_slots_ok:{SLOTS}".encode() in known


async def use_every_port(store: RedisStore, lease: Lease) -> None:
    """Let every script run that another test does not run here."""
    await store.queue.renew(lease, wait_seconds=0)
    await store.queue.request_cancel("run-1")
    await store.queue.touch("run-1")
    await store.ledger.reserve(reservation(), DailyLimits(tokens=1000))
    await store.ledger.settle("run-1", epoch=1, call=1)
    await finish_run(store, "run-2", key="key-2")
    assert [run.id for run in (await store.runs.list(RunQuery())).runs] == ["run-2", "run-1"]
    await store.runs.delete("run-2")
    await publish(store, "post", b"1")
    await store.users.add(ANN)
    await store.sessions.start(SESSION)


async def test_everything_works_on_a_cluster_and_goes_on_after_a_failover(nodes: Nodes) -> None:
    empty, ours, replica = nodes
    async with RedisStore.open(empty.url(), clock=SystemClock(), lease_seconds=60) as store:
        await hears(store)
        lease = await start_run(store)
        await use_every_port(store, lease)
        following = asyncio.ensure_future(follow_stubbornly(store))
        await store.log.append(lease, make_records("run-1", 2, 50))
        assert ours.ask("WAIT", 1, 10_000) == 1

        ours.stop()
        replica.ask("CLUSTER", "FAILOVER", "TAKEOVER")
        await append_stubbornly(store, lease, first=51, last=100)

        assert [record.seq for record in await soon(following)] == list(range(1, 101))
        assert empty.ask("DBSIZE") == 0
