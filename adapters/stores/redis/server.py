"""One Redis, or the node of a cluster that holds Galley's keys: commands and scripts, with a bound on every wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis import exceptions

from adapters.stores.redis.cluster import find_node
from adapters.stores.redis.connection import CALL_SECONDS, Access, Place
from adapters.stores.redis.fault import explained
from adapters.stores.redis.packing import Packable, pack
from adapters.stores.redis.safety import check_server
from adapters.stores.redis.scripts import Scripts
from domain.errors import StoreError, StoreUnavailableError

HISTORY = b"{galley}:history"
"""The one key that a script names, so that a cluster sends it to the right node; all others have the same tag."""


class Server:
    """Where scripts run. It is told of each new era: see `meet` in prelude.lua."""

    def __init__(self, access: Access, scripts: Scripts, *, is_cluster: bool) -> None:
        self._access = access
        self._scripts = scripts
        self._is_cluster = is_cluster
        self._place = access.place
        self._pool = access.make_pool(access.place)
        self._nodes: tuple[Place, ...] = ()
        self._is_lost = is_cluster
        self._finding = asyncio.Lock()
        self._era = b""
        self._under_way = 0
        self.era_ended: Callable[[], None] = lambda: None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being asked of Redis just now."""
        return self._under_way == 0

    async def find(self) -> Place:
        """Return where Galley's keys are.

        Raises:
            StoreUnavailableError: Nobody knows just now.
        """
        async with self._finding:
            if self._is_lost:
                # The one that was lost is asked last.
                places = sorted({*self._nodes, self._access.place, self._place}, key=lambda place: place == self._place)
                place, self._nodes = await find_node(self._access, places)
                if place != self._place:
                    old, self._pool, self._place = self._pool, self._access.make_pool(place), place
                    await old.disconnect(inuse_connections=False)
                self._is_lost = False
            return self._place

    async def run(self, name: str, *given: Packable) -> Any:
        """Return what a script answers, once what it changed is durable.

        Raises:
            AckLostError: Whether it took effect is unknown.
            StoreUnavailableError: It did not; worth retrying.
        """
        script = self._scripts[name]
        values = (1, HISTORY, self._era, pack(given))
        try:
            answer = await self._ask("EVALSHA", script.digest, *values)
        except exceptions.NoScriptError:
            answer = await self._ask("EVAL", script.text, *values)
        era, result = answer
        if era != self._era:
            is_first, self._era = not self._era, era
            if not is_first:
                self.era_ended()
        return result

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.disconnect()

    async def _ask(self, *command: Any) -> Any:
        self._under_way += 1
        try:
            if self._is_lost:
                await self.find()
            async with self._connection() as connection:
                with explained(may_have_landed=True):
                    async with asyncio.timeout(CALL_SECONDS):
                        await connection.send_command(*command)
                        return await connection.read_response()
        except StoreError:
            # What a cluster's node can't do now, another one may do from now on.
            self._is_lost = self._is_cluster
            raise
        finally:
            self._under_way -= 1

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        pool = self._pool
        with explained():
            connection: Any = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            yield connection
        except exceptions.ResponseError:
            raise
        except BaseException as error:
            # After a break, a timeout or a cancel nobody knows what the connection is in the midst of, and a name that
            # has led to a replica may lead to the primary now.
            cause = error.__cause__
            if not isinstance(cause, exceptions.ResponseError) or isinstance(cause, exceptions.ReadOnlyError):
                await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)


@asynccontextmanager
async def open_server(access: Access, scripts: Scripts) -> AsyncIterator[Server]:
    """Connect, which shows that the URL, the user and the server's settings will do.

    Raises:
        StoreRefusedError: They won't.
        StoreUnavailableError: Nobody answers.
    """
    try:
        is_cluster = await check_server(access, access.place)
    except StoreUnavailableError as error:
        raise StoreUnavailableError(
            f"Redis at {access.place} can't be reached; start it, or correct STORE_URL."
        ) from error
    server = Server(access, scripts, is_cluster=is_cluster)
    try:
        if is_cluster:
            await check_server(access, await server.find())
        yield server
    finally:
        await server.close()
