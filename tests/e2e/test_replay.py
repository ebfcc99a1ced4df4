"""A very long log is replayed to its end from anywhere, and everybody else is served meanwhile."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.long_log import write_long_run
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.scene import log_in

pytestmark = pytest.mark.punctual

OTHERS_SECONDS = 0.1
WORST_SECONDS = 0.2
"""Measured at 100,000 events: 0.01 at p99 and 0.08 at worst; with the whole log in one page 0.05 and 0.26."""
NEXT_REQUEST_SECONDS = 0.1


@frozen(kw_only=True)
class LongRun:
    """A served run with a long log."""

    server: GalleyProcess
    client: GalleyClient
    run_id: str
    events: int


@pytest.fixture
async def long_run(tmp_path: Path, is_soak: bool) -> AsyncIterator[LongRun]:
    events = 100_000 if is_soak else 20_000
    async with GalleyProcess(data=tmp_path) as server, log_in(server) as client:
        await server.terminate()
        run_id = await write_long_run(server.database, owner=client.user, events=events)
        await server.start()
        yield LongRun(server=server, client=client, run_id=run_id, events=events)


async def ask_until(client: GalleyClient, is_over: asyncio.Event) -> list[float]:
    """Ask for the list of runs again and again; return how long each answer took, in seconds."""
    taken = []
    while not is_over.is_set():
        begun = time.monotonic()
        answer = await client.call("GET", "/runs")
        taken.append(time.monotonic() - begun)
        assert answer.status_code == 200
    return taken


async def test_a_replay_is_whole_and_others_are_answered_meanwhile(long_run: LongRun) -> None:
    is_over = asyncio.Event()
    asking = asyncio.create_task(ask_until(long_run.client, is_over))
    log = await long_run.client.follow(long_run.run_id)
    is_over.set()
    taken = sorted(await asking)

    assert [event["seq"] for event in log.events] == list(range(1, long_run.events + 1))
    assert log.connections == 1
    assert (taken[int(len(taken) * 0.99)] < OTHERS_SECONDS, taken[-1] < WORST_SECONDS) == (True, True), taken[-5:]


async def test_a_resume_from_an_old_id_reaches_the_newest_and_from_the_newest_there_is_nothing(
    long_run: LongRun,
) -> None:
    for seq in (1, long_run.events // 2, long_run.events - 1, long_run.events):
        epoch = 0 if seq == 1 else 1
        headers = {"Last-Event-ID": f"{long_run.run_id}:{epoch}-{seq}"}
        answer = await long_run.client.call("GET", f"/runs/{long_run.run_id}/events", headers=headers)
        ids = [line.rpartition("-")[2] for line in answer.text.splitlines() if line.startswith("id: ")]

        assert answer.status_code == (204 if seq == long_run.events else 200)
        assert ids == [str(number) for number in range(seq + 1, long_run.events + 1)]


async def test_a_client_that_leaves_during_a_replay_holds_nobody_up(long_run: LongRun) -> None:
    head = f"GET /runs/{long_run.run_id}/events HTTP/1.1\r\nHost: localhost\r\n"
    token = long_run.client.headers["Authorization"]
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", long_run.server.port)) as sock:
            sock.sendall(f"{head}Authorization: {token}\r\n\r\n".encode())
            await asyncio.to_thread(sock.recv, 65_536)
        begun = time.monotonic()
        assert (await long_run.client.call("GET", "/health/live")).status_code == 200
        assert time.monotonic() - begun < NEXT_REQUEST_SECONDS
