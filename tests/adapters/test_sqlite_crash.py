"""The SQLite engine and real processes: kill -9 at every write boundary, two servers, a full disk."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import ManualClock
from adapters.stores.sqlite.store import SqliteAdmin, SqliteStore
from domain.run.model import RunStatus
from domain.run.spending import Spending
from domain.user import Role, User
from tests.adapters.sqlite_child import DAY, TOKENS_A_DAY
from tests.contract.store import LEASE_SECONDS, WORKER, make_record
from tests.effort import effort

BOUNDARIES = ("before_begin", "before_commit", "after_commit")
SECONDS = 60.0


async def start_child(path: Path, *arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.adapters.sqlite_child", str(path), *arguments)
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)


async def hear(child: asyncio.subprocess.Process) -> dict[str, Any]:
    assert child.stdout is not None
    async with asyncio.timeout(SECONDS):
        heard: dict[str, Any] = json.loads(await child.stdout.readline())
    return heard


async def hear_all(child: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    async with asyncio.timeout(SECONDS):
        output, _ = await child.communicate()
    return [json.loads(line) for line in output.splitlines()]


async def crash_and_check(path: Path, boundary: str, count: int) -> None:
    child = await start_child(path, "crash", boundary, str(count))
    acked = await hear_all(child)
    assert child.returncode == -signal.SIGKILL, f"it never got to {boundary} for the {count}th time"

    async with SqliteStore.open(path, clock=ManualClock(), lease_seconds=LEASE_SECONDS) as store:
        for tail in acked:
            records = await store.log.read(tail["run"])
            assert len(records) >= tail["tail"]
            wanted = [make_record(tail["run"], seq).data for seq in range(2, len(records) + 1)]
            assert [record.data for record in records[1:]] == wanted
        while (lease := await store.queue.claim(WORKER, wait_seconds=0)) is not None:
            seq = (await store.log.tail(lease.run_id)).seq + 1
            await store.log.append(lease, [make_record(lease.run_id, seq, epoch=lease.epoch)])


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_what_was_acked_outlives_a_kill_at_every_boundary(tmp_path: Path, boundary: str) -> None:
    """The writes are 1 at the start, 3 x (create, claim), 5 rounds and 3 finishes: 15 in all."""
    for counts in ((3, 8, 13), (2, 7, 12), (5, 10, 15))[: effort(1, 3)]:
        await asyncio.gather(*(crash_and_check(tmp_path / f"{count}.db", boundary, count) for count in counts))


@pytest.mark.parametrize("count", [1, 150, 290])
async def test_a_day_limit_holds_for_200_runs_at_once_and_through_a_kill_among_them(tmp_path: Path, count: int) -> None:
    path = tmp_path / "galley.db"
    child = await start_child(path, "spend", str(count))
    acked = len(await hear_all(child))
    assert child.returncode == -signal.SIGKILL

    async with SqliteStore.open(path, clock=ManualClock(), lease_seconds=LEASE_SECONDS) as store:
        left = await store.ledger.usage("ann", DAY)
        assert left.used.tokens >= acked * 70
        assert 0 < left.used.tokens + left.reserved.tokens <= TOKENS_A_DAY
        while (lease := await store.queue.claim(WORKER, wait_seconds=0)) is not None:
            spent = Spending(tokens=70, nanodollars=70)
            await store.ledger.settle(lease.run_id, epoch=lease.epoch, call=0, spent=spent)

        after = await store.ledger.usage("ann", DAY)
        lost = left.reserved.tokens // 100
        assert after.reserved == Spending()
        assert after.used.tokens == left.used.tokens + lost * 70


async def test_a_second_server_is_told_who_has_the_store_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "galley.db"
    first = await start_child(path, "serve")
    assert await hear(first) == {"serving": first.pid}

    second = await start_child(path, "serve")
    refusal = await hear(second)
    await second.wait()

    assert refusal["refused"] == "store_refused"
    assert f"pid {first.pid}" in refusal["message"]
    assert "Stop it first" in refusal["message"]
    await first.communicate(b"\n")


async def test_a_killed_server_holds_the_store_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "galley.db"
    first = await start_child(path, "serve")
    await hear(first)
    os.kill(first.pid, signal.SIGKILL)
    await first.wait()

    second = await start_child(path, "serve")

    assert await hear(second) == {"serving": second.pid}
    await second.communicate(b"\n")


async def test_an_admin_writes_beside_a_server(tmp_path: Path) -> None:
    path = tmp_path / "galley.db"
    clock = ManualClock()
    ann = User(id="user-1", name="ann", password_hash="hash", roles=frozenset({Role.ADMIN}), created_at=clock.now())
    server = await start_child(path, "serve")
    await hear(server)

    async with SqliteAdmin.open(path, clock=clock) as admin:
        await admin.users.add(ann)
        await admin.prompts.publish("post", content=b"{}", source="", author="ann")

    await server.communicate(b"\n")
    async with SqliteStore.open(path, clock=clock) as store:
        assert await store.users.list() == (ann,)
        assert (await store.prompts.find("post")).pin.version == 1


async def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    child = await start_child(tmp_path / "galley.db", "fill", str(600_000))

    full, recovered = await hear_all(child)

    assert child.returncode == 0
    assert full["full_at"] == full["read"] > 5
    assert recovered["tail"] == full["full_at"] + 3
    async with SqliteStore.open(tmp_path / "galley.db", clock=ManualClock()) as store:
        records = await store.log.read("run-1")
        assert [record.seq for record in records] == list(range(1, recovered["tail"] + 1))
        run, _ = await store.runs.get("run-1")
        assert run.status is RunStatus.RUNNING
