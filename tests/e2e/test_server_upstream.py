"""The shapes of Hypercorn, h11 and the socket that our server leans on: a new release must prove them again."""

import inspect
import socket
from importlib.metadata import version

import h11
import pytest
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.protocol.h11 import H11Protocol

from entrypoints.http.server.grammar import ChunkedBody
from entrypoints.http.server.peer import open_peer

TUNED = {"TCP_NODELAY": 1, "TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_USER_TIMEOUT": 12_000}


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_hypercorn_is_the_release_that_was_read() -> None:
    assert version("hypercorn") == "0.18.0"


def test_hypercorn_has_the_shapes_that_are_overridden() -> None:
    assert {
        "protocol": parameters(H11Protocol),
        "check": parameters(H11Protocol._check_protocol),
        "handle": parameters(H11Protocol.handle),
        "send": parameters(H11Protocol.stream_send),
        "spawn": parameters(TaskGroup.spawn_app),
        "lifespan": parameters(Lifespan),
        "context": parameters(WorkerContext),
    } == {
        "protocol": [
            *("app", "config", "context", "task_group", "connection_state"),
            *("ssl", "client", "server", "send"),
        ],
        "check": ["self", "event"],
        "handle": ["self", "event"],
        "send": ["self", "event"],
        "spawn": ["self", "app", "config", "scope", "send"],
        "lifespan": ["app", "config", "loop", "lifespan_state"],
        "context": ["max_requests"],
    }


def test_hypercorn_reads_through_the_attributes_that_are_replaced() -> None:
    source = inspect.getsource(H11Protocol)

    for use in ("self.connection.next_event()", "self.connection.receive_data(", "await self.can_read.wait()"):
        assert use in source
    assert "await self._check_protocol(event)" in source


def test_h11_still_forgives_what_the_grammar_is_there_for() -> None:
    """When it no longer does, that part of our grammar can go."""
    forgiven = [
        b"POST / HTTP/1.1\nHost: a\n\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
    ]
    for raw in forgiven:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(raw)
        assert isinstance(connection.next_event(), h11.Request)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_a_chunked_body_is_followed_at_any_split(size: int) -> None:
    def follow(raw: bytes) -> None:
        body = ChunkedBody()
        for at in range(0, len(raw), size):
            body.feed(raw[at : at + size])

    sound = b"5;a=b\r\nhello\r\n6\r\n\r\n\r\n12\r\n0\r\nX-Note: a\r\n\r\n"
    follow(sound + b"GET / what comes next is not the body's\n")
    for broken in (
        sound.replace(b"0\r\n", b"0\n"),
        sound.replace(b"6", b"7"),
        sound.replace(b"X-", b"X "),
        b"g" + sound,
    ):
        with pytest.raises(h11.RemoteProtocolError):
            follow(broken)


async def test_an_accepted_socket_is_tuned() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        sock, _ = listening.accept()
        sock.setblocking(False)
        peer = await open_peer(sock, None, unanswered_seconds=12)
        tcp = {name: sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in TUNED}
        kernel_bytes = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        keepalive = sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        peer.writer.close()
        await peer.writer.wait_closed()

    assert tcp == TUNED
    # Linux doubles what it is asked for, to count its own overhead.
    assert (keepalive, kernel_bytes) == (1, 2 * 128 * 1024)
