"""The listening socket: bind it or say why not, accept for as long as it takes, turn away what is too much."""

import asyncio
import errno
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from entrypoints.http.server.config import LOGGER, ServeError, ServerConfig

ACCEPT_PAUSE_SECONDS = 0.5
ACCEPT_BATCH = 64
RESERVED_FILES = 64

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"
_ADVICE = {
    errno.EADDRINUSE: "Stop the process that listens there, or set GALLEY_PORT to another port (0 takes a free one).",
    errno.EACCES: "Ports below 1024 need a privilege: set GALLEY_PORT to a higher one.",
}


class Listener:
    """A bound socket that takes connections from `listen` to `close`.

    Not asyncio's own server: short of files that one logs and retries once per place in the backlog, and on
    Python 3.12 and later it cannot be waited for without waiting for every connection.

    Raises:
        ServeError: The address cannot be bound.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._socket = _bind(config)

    def listen(self) -> str:
        """Let peers connect; returns the address they connect to, as a URL."""
        try:
            self._socket.listen(self._config.backlog)
        except OSError as error:
            raise _refusal(self._config, error) from error
        host, port = self._socket.getsockname()[:2]
        scheme = "https" if self._config.certfile else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    async def accept(self, welcome: Callable[[socket.socket], None]) -> NoReturn:
        """Hand every new connection to `welcome`, for ever."""
        loop = asyncio.get_running_loop()
        failing = False
        while True:
            try:
                for _ in range(ACCEPT_BATCH):
                    sock, _address = await loop.sock_accept(self._socket)
                    welcome(sock)
                    failing = False
            except ConnectionError:
                pass
            except OSError as error:
                if not failing:
                    LOGGER.warning("Cannot accept connections for now: %s", error)
                failing = True
                await asyncio.sleep(ACCEPT_PAUSE_SECONDS)
            await asyncio.sleep(0)

    def close(self) -> None:
        """Refuse new connections, those in the backlog too."""
        self._socket.close()


def _bind(config: ServerConfig) -> socket.socket:
    try:
        found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refusal(config, error) from error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise _refusal(config, error) from error
    return sock


def _refusal(config: ServerConfig, error: OSError) -> ServeError:
    advice = _ADVICE.get(error.errno or 0, "Set GALLEY_HOST to an address of this machine, such as 127.0.0.1.")
    return ServeError(f"Cannot listen on {config.host} port {config.port}: {error.strerror}. {advice}")


def turn_away(sock: socket.socket, *, plain: bool) -> None:
    """Close a connection that is one too many, with 503 where it can be read."""
    with suppress(OSError):
        if plain:
            sock.send(_BUSY)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(64 * 1024)
    sock.close()


def connection_limit(config: ServerConfig) -> int:
    """How many connections may be open: the app needs files of its own under the process's limit."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return config.max_connections
    return max(1, min(config.max_connections, files - RESERVED_FILES))
