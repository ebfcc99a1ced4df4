"""A bounded pool of connections to one database, and what reading and writing through it may come to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from adapters.stores.postgresql.connection import Connection, Pool, open_pool
from adapters.stores.postgresql.fault import explained
from domain.errors import StoreError

TRANSACTIONS_AT_ONCE = 4
"""Transactions wait for each other's locks; as many connections again stay free for those that wait for nobody."""
ACQUIRE_SECONDS = 10.0
CLOSE_SECONDS = 2.0

Row = Any


class Database:
    """Where reads and writes go."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._transactions = asyncio.Semaphore(TRANSACTIONS_AT_ONCE)
        self._under_way = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being asked of PostgreSQL just now."""
        return self._under_way == 0

    async def read(self, sql: str, *values: object) -> list[Row]:
        """Return the rows of a statement that changes nothing.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        async with self._connection() as connection:
            with explained():
                return list(await connection.fetch(sql, *_bind(values)))

    async def write(self, sql: str, *values: object) -> list[Row]:
        """Return the rows of a statement once what it changed is durable.

        Raises:
            AckLostError: Whether it took effect is unknown.
            StoreUnavailableError: It did not; worth retrying.
        """
        async with self._connection() as connection:
            with explained(may_have_landed=True):
                return list(await connection.fetch(sql, *_bind(values)))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Give statements that take effect together at the end of the block, or not at all where it raises.

        Raises:
            AckLostError: Whether they took effect is unknown.
            StoreUnavailableError: They did not; worth retrying.
        """
        async with self._transactions, self._connection() as connection:
            with explained():
                await connection.execute("BEGIN")
            try:
                yield Transaction(connection)
            except BaseException:
                await _roll_back(connection)
                raise
            with explained(may_have_landed=True):
                await connection.execute("COMMIT")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        self._under_way += 1
        try:
            with explained():
                connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
            try:
                yield connection
            except StoreError as error:
                # After a break or a timeout nobody knows what the connection is in the midst of.
                if isinstance(error.__cause__, (asyncpg.InternalClientError, OSError, TimeoutError)):
                    _break_off(connection)
                raise
            finally:
                await self._pool.release(connection)
        finally:
            self._under_way -= 1


class Transaction:
    """The statements of one transaction; nothing of them has taken effect when one raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *values: object) -> list[Row]:
        """Return a statement's rows.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        with explained():
            return list(await self._connection.fetch(sql, *_bind(values)))

    async def run(self, script: str, *, patience: float) -> None:
        """Run statements without values, which may take that many seconds.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        with explained():
            await self._connection.execute(script, timeout=patience)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Connect, which shows that the URL, the role and the server will do.

    Raises:
        StoreRefusedError: They won't.
        StoreUnavailableError: Nobody answers.
    """
    pool = await open_pool(url)
    try:
        yield Database(pool)
    finally:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            pool.terminate()


async def _roll_back(connection: Connection) -> None:
    try:
        with explained():
            await connection.execute("ROLLBACK")
    except StoreError:
        _break_off(connection)


def _break_off(connection: Connection) -> None:
    # Where the server has closed it, the pool has taken it back already, and it is not ours to be ended.
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _bind(values: Iterable[object]) -> list[object]:
    return [_make_storable(value) for value in values]


def _make_storable(value: object) -> object:
    """Replace what PostgreSQL's text can't hold, in a list as well: U+0000, and halves of characters."""
    if isinstance(value, list):
        return _bind(value)
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
