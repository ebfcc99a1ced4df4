"""A front and workers as processes of their own: `galley work` carries out what a front with no worker took."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from pathlib import Path

import pytest
from attrs import evolve

from domain.run.model import Record
from entrypoints.bootstrap import bootstrap
from entrypoints.house import House
from tests.entrypoints.bootstrapped import begin, make_settings, read_to_end, wait_for_text
from tests.entrypoints.shell import Shell

LEASE_SECONDS = 1.0
SLOW = "3"
FAST = "0"
PATIENCE_SECONDS = 30.0

Process = subprocess.Popen[str]


def work(stack: ExitStack, folder: Path, url: str, *, pace: str) -> Process:
    """Start `galley work` and return when it works."""
    process = stack.enter_context(
        Shell(folder).start(
            "work",
            GALLEY_STORE_URL=url,
            GALLEY_PROMPTS=str(folder / "prompts"),
            GALLEY_SAMPLE_TOKENS_PER_SECOND=pace,
            GALLEY_LEASE_SECONDS=str(LEASE_SECONDS),
            GALLEY_GRACE_SECONDS="0.5",
            GALLEY_LOG_FORMAT="json",
        )
    )
    read_until(process, "working")
    return process


def read_until(process: Process, event: str) -> None:
    """Return when the process has logged that."""
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"It ended without logging {event!r}.")


async def read_records(house: House, run_id: str) -> list[Record]:
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(house.services.log.follow(run_id)) as pages:
        return [record async for page in pages for record in page]


class WorkerProcessesContract:
    """An engine's tests supply `url`, its STORE_URL."""

    @pytest.fixture
    async def front(self, url: str, tmp_path: Path) -> AsyncIterator[House]:
        settings = evolve(make_settings(tmp_path), store_url=url, workers=0, lease_seconds=LEASE_SECONDS)
        async with bootstrap(settings) as house:
            yield house

    async def test_a_worker_process_carries_out_what_a_front_took(self, front: House, tmp_path: Path, url: str) -> None:
        with ExitStack() as stack:
            worker = work(stack, tmp_path, url, pace=FAST)

            history = await read_to_end(front, await begin(front))
            worker.send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(worker.wait, 10)

        assert history.terminal is not None
        assert (history.terminal.type, code) == ("complete", 0)

    async def test_a_worker_that_is_killed_is_taken_over_from(self, front: House, tmp_path: Path, url: str) -> None:
        with ExitStack() as stack:
            first = work(stack, tmp_path, url, pace=SLOW)
            run_id = await begin(front)
            await wait_for_text(front, run_id)
            work(stack, tmp_path, url, pace=FAST)

            first.kill()
            killed_at = time.monotonic()
            following = asyncio.ensure_future(read_records(front, run_id))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await front.services.log.tail(run_id)).epoch < 2:
                    await asyncio.sleep(0.02)
            seconds = time.monotonic() - killed_at
            records = await following

        assert seconds < LEASE_SECONDS + 2
        assert [record.seq for record in records] == list(range(1, len(records) + 1))
        assert [record.type for record in records].count("complete") == 1
        assert records[-1].type == "complete"

    async def test_a_worker_that_stood_still_for_too_long_writes_nothing_more(
        self, front: House, tmp_path: Path, url: str
    ) -> None:
        with ExitStack() as stack:
            first = work(stack, tmp_path, url, pace=SLOW)
            run_id = await begin(front)
            await wait_for_text(front, run_id)
            first.send_signal(signal.SIGSTOP)
            work(stack, tmp_path, url, pace=FAST)
            records = await read_records(front, run_id)

            first.send_signal(signal.SIGCONT)
            await asyncio.wait_for(
                asyncio.to_thread(read_until, first, "run moved on to another worker"), PATIENCE_SECONDS
            )

        assert await read_records(front, run_id) == records
        epochs = [record.epoch for record in records]
        assert epochs == sorted(epochs)
        assert epochs[-1] == 2

    async def test_a_worker_that_is_stopped_hands_its_run_over(self, front: House, tmp_path: Path, url: str) -> None:
        with ExitStack() as stack:
            first = work(stack, tmp_path, url, pace=SLOW)
            run_id = await begin(front)
            await wait_for_text(front, run_id)
            work(stack, tmp_path, url, pace=FAST)

            first.send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(first.wait, 10)
            records = await read_records(front, run_id)

        (restarted,) = (json.loads(record.data) for record in records if record.type == "restarted")
        assert code == 0
        assert restarted["reason"] == "handed_over"
        assert records[-1].type == "complete"

    async def test_a_cancel_at_the_front_ends_the_run_at_its_worker(
        self, front: House, tmp_path: Path, url: str
    ) -> None:
        with ExitStack() as stack:
            work(stack, tmp_path, url, pace=SLOW)
            run_id = await begin(front)
            await wait_for_text(front, run_id)

            await front.services.canceller.cancel(run_id)
            records = await read_records(front, run_id)

        assert records[-1].type == "cancelled"
