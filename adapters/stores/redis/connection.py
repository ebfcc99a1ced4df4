"""Connections to Redis, all with the same settings and bounds."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen
from redis.asyncio.connection import BlockingConnectionPool, Connection, SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from domain.errors import StoreRefusedError

CONNECTIONS = 8
CALL_SECONDS = 3.5
CONNECT_SECONDS = 3.0
ACQUIRE_SECONDS = 10.0


class _Bounded(Connection):
    """A connection whose greeting has a bound, as its own of the socket ends before that."""

    async def connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await super().connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await self.disconnect(nowait=True)
            raise


class _BoundedTLS(_Bounded, SSLConnection):
    """The same with TLS."""


@frozen
class Place:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@frozen
class Access:
    """What STORE_URL says of how to connect, besides where; `options` may hold a password."""

    place: Place
    kind: type[Any]
    options: dict[str, Any]

    def make_pool(self, place: Place) -> BlockingConnectionPool:
        """Make a bounded pool, which connects when it is asked to."""
        return BlockingConnectionPool(
            max_connections=CONNECTIONS,
            timeout=ACQUIRE_SECONDS,
            connection_class=self.kind,
            **self._options_for(place),
        )

    def make_connection(self, place: Place) -> Any:
        """Make a connection beside the pool, not connected yet."""
        return self.kind(**self._options_for(place))

    def _options_for(self, place: Place) -> dict[str, Any]:
        return self.options | {"host": place.host, "port": place.port}


def read_url(url: str) -> Access:
    """Take STORE_URL apart.

    Raises:
        StoreRefusedError: It is none.
    """
    try:
        given: dict[str, Any] = dict(parse_url(url))
        int(urlsplit(url).path.strip("/") or 0)  # The driver would take no number for database 0.
        kind = _BoundedTLS if given.pop("connection_class", None) is SSLConnection else _Bounded
        place = Place(given.pop("host", "localhost"), given.pop("port", 6379))
        access = Access(place, kind, given | _OPTIONS)
        access.make_connection(place)
    except (TypeError, ValueError):
        # Without its cause, which may show the URL and with it the password.
        raise StoreRefusedError(
            "STORE_URL is no URL of Redis; write redis://user:password@host:6379/0, or rediss:// for TLS."
        ) from None
    return access


_OPTIONS: dict[str, Any] = {
    "client_name": "galley",
    "decode_responses": False,
    "protocol": 2,
    "socket_connect_timeout": CONNECT_SECONDS,
    # With a timeout of its own the driver sends inside asyncio.wait_for, which before Python 3.12 loses a cancel.
    "socket_timeout": None,
    "socket_keepalive": True,
    # The driver would send a command again whose answer got lost; here each caller decides that.
    "retry": Retry(NoBackoff(), 0),
    "retry_on_error": [],
}
