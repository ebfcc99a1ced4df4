"""Connections to PostgreSQL, all with the same settings and bounds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import asyncpg

from adapters.stores.postgresql.fault import explained
from adapters.stores.postgresql.schema import SCHEMA
from domain.errors import StoreRefusedError, StoreUnavailableError

CONNECTIONS = 8
STATEMENT_SECONDS = 3.0
CALL_SECONDS = 4.0
"""Longer than a statement may take: where the server still answers, it is the one that says that nothing happened."""
CONNECT_SECONDS = 4.0
OLDEST_VERSION = 14

Connection = Any
Pool = Any


async def connect(url: str) -> Connection:
    """Open a connection beside the pool; what may be raised is the driver's."""
    return await asyncpg.connect(
        url, timeout=CONNECT_SECONDS, command_timeout=CALL_SECONDS, server_settings=_SERVER_SETTINGS
    )


async def open_pool(url: str) -> Pool:
    """Open a bounded pool, which shows that the URL, the role and the server will do.

    Raises:
        StoreRefusedError: They won't.
        StoreUnavailableError: Nobody answers.
    """
    try:
        pool = asyncpg.create_pool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS,
            command_timeout=CALL_SECONDS,
            init=_prepare,
            reset=_keep,
            server_settings=_SERVER_SETTINGS,
        )
        with explained():
            return await pool
    except StoreUnavailableError as error:
        raise StoreUnavailableError(
            f"PostgreSQL at {_place(url)} can't be reached; start it, or correct STORE_URL."
        ) from error
    except (ValueError, asyncpg.ClientConfigurationError):
        # Without its cause, which shows the URL and with it the password.
        raise StoreRefusedError(
            "STORE_URL is no URL of PostgreSQL; write postgresql://user:password@host:5432/database."
        ) from None


async def _prepare(connection: Connection) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_VERSION:
        raise StoreRefusedError(f"PostgreSQL {version.major} is too old; Galley needs {OLDEST_VERSION} or newer.")
    # An ack means that it is durable, whatever the server's or the role's default is.
    await connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )


async def _keep(connection: Connection) -> None:
    """Do without the driver's reset between two uses: it costs a round trip, and nothing here changes a session."""


def _place(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or "its default place"


_SERVER_SETTINGS = {
    "application_name": "galley",
    "search_path": SCHEMA,
    "statement_timeout": str(int(STATEMENT_SECONDS * 1000)),
    "idle_in_transaction_session_timeout": "10000",
    "timezone": "UTC",
    "jit": "off",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
