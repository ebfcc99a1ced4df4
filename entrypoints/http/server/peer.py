"""The far end of an accepted socket: its bytes, and the moment it is gone."""

import asyncio
import socket
import ssl
from collections.abc import Callable

import attrs

HANDSHAKE_SECONDS = 10.0
TLS_CLOSE_SECONDS = 5.0
SEND_BUFFER_BYTES = 128 * 1024


class PeerGoneError(ConnectionError):
    """Nobody reads what is written to this connection any more."""


class Turn:
    """A pipelined request's turn to be read, as Hypercorn's Event; it never comes once the peer has gone."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._gone = False

    def give_up(self) -> None:
        """Wake who waits, with an error, now and from now on."""
        self._gone = True
        self._event.set()

    async def clear(self) -> None:
        """Make the next request wait."""
        self._event.clear()

    async def set(self) -> None:
        """Let the next request be read."""
        self._event.set()

    async def wait(self) -> None:
        """Wait for the turn.

        Raises:
            PeerGoneError: It will not come.
        """
        if not self._gone:
            await self._event.wait()
        if self._gone:
            raise PeerGoneError

    def is_set(self) -> bool:
        """Whether the next request may be read."""
        return self._event.is_set()


class _Stream(asyncio.StreamReaderProtocol):
    """Tells of the peer's end at once, even while nobody reads."""

    def __init__(self, reader: asyncio.StreamReader, on_gone: Callable[[], None]) -> None:
        super().__init__(reader)
        self._on_gone = on_gone

    def eof_received(self) -> bool | None:
        self._on_gone()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_gone()
        super().connection_lost(exc)


@attrs.frozen(kw_only=True)
class Peer:
    """An open stream; `turn` gives up when the peer closes, or half-closes, its side."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    turn: Turn
    client: tuple[str, int]
    server: tuple[str, int]


async def open_peer(sock: socket.socket, tls: ssl.SSLContext | None, *, unanswered_seconds: float) -> Peer:
    """Make a stream of an accepted socket, with the TLS handshake where there is one.

    A peer that leaves packets unanswered for so many seconds is taken for gone.

    Raises:
        OSError: The peer is gone already, or its handshake failed or took too long; the socket is closed.
    """
    try:
        _tune(sock, unanswered_seconds)
        client, server = sock.getpeername(), sock.getsockname()
    except OSError:
        sock.close()
        raise
    reader = asyncio.StreamReader()
    turn = Turn()
    stream = _Stream(reader, turn.give_up)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(
        lambda: stream,
        sock,
        ssl=tls,
        ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
        ssl_shutdown_timeout=TLS_CLOSE_SECONDS if tls else None,
    )
    writer = asyncio.StreamWriter(transport, stream, reader, loop)
    return Peer(reader=reader, writer=writer, turn=turn, client=client[:2], server=server[:2])


def _tune(sock: socket.socket, unanswered_seconds: float) -> None:
    """Small frames at once, a bounded queue in the kernel, and an end to peers that vanished without a word.

    A stalled reader's kernel queue grew to 2.8 MB by itself; with a bound the writer notices, and much earlier.
    """
    options = [
        (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
        (socket.SOL_SOCKET, "SO_SNDBUF", SEND_BUFFER_BYTES),
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", int(unanswered_seconds * 1000)),
    ]
    for level, name, value in options:
        if hasattr(socket, name):
            sock.setsockopt(level, getattr(socket, name), value)
