"""What the server may be told, and what of it Hypercorn needs to know."""

import logging

import attrs
from hypercorn.config import Config

LOGGER = logging.getLogger("galley.server")


class ServeError(Exception):
    """The server cannot start; the message names what is wrong and what to do."""


@attrs.frozen(kw_only=True)
class ServerConfig:
    """One listening address and the bounds of what its peers may take."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes any free port; `serve` reports which."""
    certfile: str | None = None
    keyfile: str | None = None
    """With both given it speaks TLS; else cleartext, for a proxy in front."""
    grace_seconds: float = 5.0
    """How long open requests may take to end after a signal; the process is gone one second later."""
    backlog: int = 2048
    """Connections that wait in the kernel; at 100 a herd of clients waited 1.9 s, at 2048 0.9 s."""
    max_connections: int = 10_000
    """Above it, and above what the limit of open files leaves, a peer gets 503."""
    max_head_bytes: int = 32 * 1024
    """Request line and headers together: room for a token and a proxy's additions."""
    max_message_bytes: int = 1024 * 1024
    """One WebSocket message."""
    idle_timeout_seconds: float = 5.0
    """From the end of one request, or the connect, to the first byte of the next."""
    head_timeout_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""
    body_timeout_seconds: float = 65.0
    """For all of a body; above Quart's BODY_TIMEOUT of 60, so that its 408 comes first."""
    write_timeout_seconds: float = 30.0
    """How long a peer may take nothing of what is written to it, or leave the kernel's packets unanswered."""


def hypercorn_config(config: ServerConfig) -> Config:
    """Hypercorn's side of `config`; what it would do with sockets, signals and timers is ours instead."""
    hypercorn = Config()
    hypercorn.accesslog = None
    hypercorn.errorlog = LOGGER
    hypercorn.include_server_header = False
    hypercorn.alpn_protocols = ["http/1.1"]
    hypercorn.certfile = config.certfile
    hypercorn.keyfile = config.keyfile
    hypercorn.h11_max_incomplete_size = config.max_head_bytes
    hypercorn.websocket_max_message_size = config.max_message_bytes
    return hypercorn
