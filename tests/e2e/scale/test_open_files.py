"""A front that may open no more files refuses whoever comes then, and takes requests again when there is room."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.rig.engine import Engine, assert_nothing_broke
from tests.e2e.rig.fleet import Fleet
from tests.e2e.rig.scene import ask

OPEN_FILES = 256
PEERS = 400
BACK_SECONDS = 5.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "20"}


@contextmanager
def crowd(port: int) -> Iterator[list[bytes]]:
    """Hold many connections open that ask for nothing yet; yield what those were told that were refused at once."""
    with ExitStack() as stack:
        peers = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(PEERS)]
        # The last ones are surely beyond the limit.
        yield [peer.recv(100) for peer in peers[-50:]]


async def test_a_front_with_too_many_connections_answers_503_and_recovers(engine: Engine, tmp_path: Path) -> None:
    """F52."""
    async with Fleet(folder=tmp_path, engine=engine, env=ENV, fronts=0, workers=1) as fleet:
        front = fleet.make_front("front", WORKERS="0")
        front.open_files = OPEN_FILES
        fleet.front.append(front)
        await fleet.start_all([front])
        fleet.balancer.ports = [front.port]
        async with fleet.log_in() as client:
            following = asyncio.create_task(client.follow_new(ask("Kites"), key="kites"))
            with crowd(front.port) as told:
                answers = {line[:12] for line in told}
            async with asyncio.timeout(BACK_SECONDS):
                while (await client.call("GET", "/runs")).status_code != 200:
                    await asyncio.sleep(0.05)
            log = await following
            await assert_nothing_broke(engine, fleet.calls, [log])

    assert answers == {b"HTTP/1.1 503"}
    assert "Traceback" not in front.stderr
    assert log.events[-1]["success"] is True
