"""Readers of 1 kB a second: their buffers are bounded, and nobody else waits (F34).

They may be given up after WRITE_TIMEOUT_SECONDS, in which the kernel has taken nothing more for them; what they got
until then is whole, so they can resume behind it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path

from tests.e2e.rig.long_log import write_long_run
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import assert_nothing_broke, log_in
from tests.e2e.rig.sse_reader import Frame, SseReader
from tests.e2e.test_stalled import KILOBYTES_EACH, WRITE_TIMEOUT_SECONDS, settle_memory, stall, time_runs

SIP_BYTES = 100
SIP_SECONDS = 0.1
SLOWER_AT_MOST = 10


async def sip(sock: socket.socket) -> bytes:
    """Read at 1 kB a second until the server gives up, or until cancelled; return what was read."""
    loop, received = asyncio.get_running_loop(), b""
    sock.setblocking(False)
    with suppress(asyncio.CancelledError, ConnectionError):
        while piece := await loop.sock_recv(sock, SIP_BYTES):
            received += piece
            await asyncio.sleep(SIP_SECONDS)
    return received


def read_frames(received: bytes) -> list[Frame]:
    """Read the frames of a chunked answer's beginning."""
    _, _, rest = received.partition(b"\r\n\r\n")
    body = b""
    while (line := rest.partition(b"\r\n"))[1]:
        size, rest = int(line[0], 16), line[2]
        body, rest = body + rest[:size], rest[size + 2 :]
    return SseReader().feed(body)


async def test_slow_readers_cost_little_and_are_told_all_of_it_in_order(tmp_path: Path, is_soak: bool) -> None:
    count, runs, events = (200, 20, 20_000) if is_soak else (20, 4, 5_000)
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "50", "GALLEY_WORKERS": "20"}
    async with GalleyProcess(data=tmp_path, env=env, rig={"ledger": True}) as server, log_in(server) as client:
        await server.terminate()
        run_id = await write_long_run(server.database, owner=client.user, events=events)
        await server.start()
        await asyncio.gather(*(client.follow(run_id) for _ in range(4)))
        alone = await time_runs(client, "Kites", runs)
        before = await settle_memory(server)
        with stall(server, client, run_id, count) as sockets:
            sipping = [asyncio.create_task(sip(sock)) for sock in sockets]
            grown = await settle_memory(server) - before
            beside = await time_runs(client, "Boats", runs)
            if is_soak:
                await asyncio.sleep(WRITE_TIMEOUT_SECONDS + 15)
                grown = max(grown, await settle_memory(server) - before)
            for task in sipping:
                task.cancel()
            told = [read_frames(received) for received in await asyncio.gather(*sipping)]
        assert_nothing_broke(server, [])

    assert grown < KILOBYTES_EACH * count
    assert beside < SLOWER_AT_MOST * alone
    for frames in told:
        assert [json.loads(frame.data)["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert min(map(len, told)) > 0
