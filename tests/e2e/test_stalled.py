"""Readers that read nothing cost a bounded memory and time, and those who read notice nothing."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.long_log import write_long_run
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import ask, assert_nothing_broke, log_in

KILOBYTES_EACH = 512
"""A page as records, twice, and one as bytes, twice; the log of 20,000 events would be 10 MB."""
WRITE_TIMEOUT_SECONDS = 30.0


@contextmanager
def stall(server: GalleyProcess, client: GalleyClient, run_id: str, count: int) -> Iterator[list[socket.socket]]:
    """Hold streams open of which nothing is read."""
    with ExitStack() as stack:
        sockets = []
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", server.port))
            head = f"GET /runs/{run_id}/events HTTP/1.1\r\nHost: localhost\r\n"
            sock.sendall(f"{head}Authorization: {client.headers['Authorization']}\r\n\r\n".encode())
            sockets.append(sock)
        yield sockets


async def time_runs(client: GalleyClient, name: str, count: int) -> float:
    """Follow some runs to their ends at once and return how many seconds that took."""
    begun = time.monotonic()
    await asyncio.gather(*(client.follow_new(ask(f"{name} {n}"), key=f"{name}-{n}") for n in range(count)))
    return time.monotonic() - begun


async def settle_memory(server: GalleyProcess) -> int:
    """Return the resident kilobytes once they have stopped growing."""
    seen = [server.resident_kilobytes()]
    while len(seen) < 5 or seen[-1] > seen[-4]:
        await asyncio.sleep(0.1)
        seen.append(server.resident_kilobytes())
    return seen[-1]


async def test_stalled_readers_cost_little_and_nobody_else_waits(tmp_path: Path, is_soak: bool) -> None:
    count = 200 if is_soak else 40
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "50", "GALLEY_WORKERS": "20"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        await server.terminate()
        run_id = await write_long_run(server.database, owner=client.user, events=20_000)
        await server.start()
        # The first replays fill the caches of the store's readers, which is not the stalled readers' doing.
        await asyncio.gather(*(client.follow(run_id) for _ in range(4)))
        alone = await time_runs(client, "Kites", 20)
        before = await settle_memory(server)
        with stall(server, client, run_id, count) as sockets:
            grown = await settle_memory(server) - before
            beside = await time_runs(client, "Boats", 20)
            descriptors = server.open_descriptors()
            if is_soak:
                await wait_until_closed(sockets, WRITE_TIMEOUT_SECONDS + 5)
                assert server.open_descriptors() <= descriptors - count
        assert_nothing_broke(server, [])

    assert grown < KILOBYTES_EACH * count
    assert beside < 1.5 * alone + 0.5


async def wait_until_closed(sockets: list[socket.socket], seconds: float) -> None:
    """Wait until the server has given every one of them up.

    Raises:
        TimeoutError: It has not, within `seconds`.
    """
    async with asyncio.timeout(seconds):
        for sock in sockets:
            await asyncio.to_thread(drain, sock)


def drain(sock: socket.socket) -> None:
    """Wait without reading for the end of the connection, which shows as a failed write."""
    while True:
        try:
            sock.sendall(b"\n")
        except OSError:
            return
        time.sleep(0.2)
