"""WS /ws on a real server, with a client library that others wrote: cuts, limits, and readers that do not read."""

from __future__ import annotations

import asyncio
import json
import random
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in
from tests.e2e.rig.ws_client import SUBPROTOCOL, WsClient
from tests.e2e.serving import upgrade
from tests.e2e.test_cuts import choose_ending, cut_next

SLOW_SECONDS = 1.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "400", "GALLEY_USER_REQUESTS_PER_MINUTE": "100000"}
ORIGINS = [
    "null",
    "http://evil.example",
    "http://127.0.0.1.evil.example",
    "http://evil-127.0.0.1",
    "http://x.127.0.0.1",
    "http://evil.example:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example#http://127.0.0.1:{port}",
    "http://evil.example/http://127.0.0.1:{port}",
    "http://evil.example?http://127.0.0.1:{port}",
    "https://127.0.0.1:{port}",
    "ws://127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port} http://evil.example",
    "http://localhost.evil.example:{port}",
    "file://",
    "chrome-extension://abcdef",
]


def speak(client: GalleyClient, port: int) -> WsClient:
    return WsClient(port=port, token=client.headers["Authorization"].removeprefix("Bearer "), user=client.user)


async def test_a_run_read_through_a_cut_at_any_byte_is_the_same(
    tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, Proxy(server.port) as proxy:
        async with log_in(server) as direct:
            whole = await direct.follow_new(ask("Kites"), key="kites")
            client = speak(direct, proxy.port)
            before = proxy.passed_bytes
            await client.follow_new({"kites": ask("Kites")})
            length = proxy.passed_bytes - before
            logs = []
            for cut in sorted(chance.sample(range(length), 500 if is_soak else 40)):
                proxy.choose = cut_next(proxy, Plan(after=cut, end=choose_ending(cut)))
                logs += await client.follow_new({"kites": ask("Kites")})
        evidence = assert_nothing_broke(server, logs)

    assert len(evidence.states) == 1
    assert all(log.frames == whole.frames for log in logs)
    assert sum(log.connections == 2 for log in logs) > 0.9 * len(logs)


async def test_many_live_runs_over_one_socket_that_is_cut_again_and_again_are_whole(
    tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    bodies = {str(number): ask(f"Kites, number {number}") for number in range(50 if is_soak else 10)}
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, Proxy(server.port) as proxy:
        async with log_in(server) as direct:
            proxy.choose = lambda number: Plan(after=chance.randrange(4_000, 60_000), end=choose_ending(number))
            logs = await speak(direct, proxy.port).follow_new(bodies)
            again = [await direct.follow(log.run_id or "") for log in logs]
        assert_nothing_broke(server, [*logs, *again])

    assert [log.frames for log in logs] == [log.frames for log in again]
    assert logs[0].connections > 2


async def test_no_origin_but_our_own_is_switched_to_a_socket(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as direct:
        client = speak(direct, server.port)
        statuses = {}
        for origin in ORIGINS:
            with pytest.raises(InvalidStatus) as refused:
                async with client.open(origin=Origin(origin.format(port=server.port))):
                    pass
            statuses[origin] = refused.value.response.status_code
        async with client.open(origin=Origin(f"http://127.0.0.1:{server.port}")) as socket:
            ready = json.loads(await socket.recv())

    assert len(ORIGINS) == 20
    assert set(statuses.values()) == {403}
    assert (ready["event"], socket.subprotocol) == ("ready", SUBPROTOCOL)


async def test_a_token_opens_a_socket_as_a_subprotocol_and_is_not_sent_back(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as direct:
        client = speak(direct, server.port)
        async with client.open(subprotocols=[Subprotocol(f"bearer.{client.token}")]) as socket:
            ready = json.loads(await socket.recv())
            chosen, answered = socket.subprotocol, str(socket.response.headers if socket.response else "")
        with pytest.raises(InvalidStatus) as refused:
            async with client.open(subprotocols=[Subprotocol(SUBPROTOCOL), Subprotocol("bearer.a.b.c")]):
                pass

    assert (ready["event"], chosen) == ("ready", None)
    assert client.token not in answered
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("pieces", [1, 1025])
async def test_a_message_that_is_too_big_ends_the_socket_with_1009(tmp_path: Path, pieces: int) -> None:
    message = ["x" * (1024 * 1024 // pieces + 1)] * pieces
    server = GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True})
    async with server, log_in(server) as direct, speak(direct, server.port).open() as socket:
        await socket.recv()
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.gather(socket.send(message), socket.recv())

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_nothing_is_kept_of_a_message_that_has_no_end(tmp_path: Path) -> None:
    async with GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True}) as server, log_in(server) as direct:
        before = server.resident_kilobytes()
        sent = await asyncio.gather(*(send_for_ever(server.port, at_most=32 * 1024 * 1024) for _ in range(4)))
        grown = server.resident_kilobytes() - before
        async with speak(direct, server.port).open() as socket:
            ready = json.loads(await socket.recv())

    assert ready["event"] == "ready"
    assert grown < 30_000, f"{grown} kB for {sum(sent)} bytes"


async def test_a_reader_that_does_not_read_is_dropped_and_told_and_nobody_else_notices(tmp_path: Path) -> None:
    bodies = {str(number): ask(f"Kites, number {number}") for number in range(45)}
    rig = {"slow_seconds": SLOW_SECONDS}
    async with GalleyProcess(data=tmp_path, env=ENV, rig=rig) as server, log_in(server) as direct:
        client = speak(direct, server.port)
        logs = await client.follow_new(bodies)
        stalled = await client.open(max_queue=1, ping_interval=None)
        try:
            for log in logs:
                await stalled.send(json.dumps({"type": "follow", "run_id": log.run_id}))
            other = await client.follow_new({"other": ask("Other kites")}, seconds=10.0)
            # Nobody can see from outside that the server gives up; it is told only to whoever reads again.
            await asyncio.sleep(2 * SLOW_SECONDS)
            with pytest.raises(ConnectionClosed) as dropped:
                await asyncio.wait_for(read_all(stalled), 10.0)
        finally:
            stalled.transport.abort()
            await stalled.wait_closed()
        assert_nothing_broke(server, [*logs, *other])
        assert "broke" not in server.stderr

    assert dropped.value.rcvd is not None
    assert (dropped.value.rcvd.code, dropped.value.rcvd.reason) == (4408, "Read faster, or follow fewer runs.")


async def read_all(socket: ClientConnection) -> None:
    """Take messages until the socket is closed."""
    while True:
        await socket.recv()


async def send_for_ever(port: int, *, at_most: int) -> int:
    """Send fragments of one message, whatever is answered, until the server closes; return how many bytes it took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    try:
        writer.write(upgrade())
        await reader.readuntil(b"\r\n\r\n")
        piece = b"x" * 65_536
        head = struct.pack("!BBQ4x", 0x01, 0x80 | 127, len(piece))
        while sent < at_most:
            writer.write(head + piece)
            await writer.drain()
            sent += len(piece)
            head = struct.pack("!BBQ4x", 0x00, 0x80 | 127, len(piece))
    except OSError:
        pass
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
    return sent
