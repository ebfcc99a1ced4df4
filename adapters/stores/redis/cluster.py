"""Which node of a cluster holds Galley's keys: all of them carry one hash tag, so it is one node."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from redis.crc import key_slot

from adapters.stores.redis.connection import CALL_SECONDS, Access, Place
from adapters.stores.redis.fault import FAILURES, explained
from domain.errors import StoreUnavailableError

SLOT = key_slot(b"galley")


async def ask_once(access: Access, place: Place, *command: str) -> Any:
    """Ask one server one thing, on a connection of its own; what may be raised is the driver's."""
    connection = access.make_connection(place)
    try:
        await connection.connect()
        async with asyncio.timeout(CALL_SECONDS):
            await connection.send_command(*command)
            return await connection.read_response()
    finally:
        await connection.disconnect(nowait=True)


async def find_node(access: Access, places: Iterable[Place]) -> tuple[Place, tuple[Place, ...]]:
    """Return the primary that holds our slot, and all nodes; the first of `places` that answers is asked.

    Raises:
        StoreUnavailableError: None answers, or nobody holds it just now.
    """
    last: Exception | None = None
    for place in places:
        try:
            return _read_slots(await ask_once(access, place, "CLUSTER", "SLOTS"), place)
        except (StoreUnavailableError, *FAILURES) as error:
            last = error
    with explained():
        raise last or StoreUnavailableError("No node of the cluster is known.")


def _read_slots(ranges: list[Any], asked: Place) -> tuple[Place, tuple[Place, ...]]:
    nodes: list[Place] = []
    primary: Place | None = None
    for first, last, *servers in ranges:
        # A node that does not know its own address leaves it empty.
        places = [Place((server[0] or b"").decode() or asked.host, server[1]) for server in servers]
        nodes.extend(place for place in places if place not in nodes)
        if first <= SLOT <= last:
            primary = places[0]
    if primary is None:
        raise StoreUnavailableError("No node of the cluster holds Galley's keys just now.")
    return primary, tuple(nodes)
