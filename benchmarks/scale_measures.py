"""What the scale benchmark measures of each side: throughput, delivery, what it costs whom, takeover and idling."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import datetime
from typing import Any

from attrs import frozen

from benchmarks.scale_sides import LEASE_SECONDS, Side, difference

PACE = 50
Row = dict[str, Any]


@frozen(kw_only=True)
class Size:
    """How much is measured."""

    short_runs: int
    long_runs: int
    long_pieces: int
    paced_runs: int
    paced_pieces: int
    lost_runs: int
    idle_seconds: float
    settle_seconds: float


FULL = Size(
    short_runs=200,
    long_runs=40,
    long_pieces=300,
    paced_runs=60,
    paced_pieces=300,
    lost_runs=30,
    idle_seconds=10.0,
    settle_seconds=5.0,
)
QUICK = Size(
    short_runs=40,
    long_runs=5,
    long_pieces=100,
    paced_runs=10,
    paced_pieces=60,
    lost_runs=4,
    idle_seconds=3.0,
    settle_seconds=1.0,
)


async def measure(side: Side, size: Size) -> list[Row]:
    """Return one row per measurement."""
    # What is imported and planned only once belongs to no figure.
    await side.load(5, 20, 0)
    rows = [await idle(side, size)] if side.engine is not None else []
    rows.append(await stream(side, "short runs", size.short_runs, 1, 0))
    rows.append(await stream(side, "long runs", size.long_runs, size.long_pieces, 0))
    rows.append(await stream(side, f"paced at {PACE}/s", size.paced_runs, size.paced_pieces, PACE))
    if len(side.worker) > 1:
        rows += await take_over(side, size.lost_runs)
    return rows


async def stream(side: Side, name: str, runs: int, pieces: int, per_second: float) -> Row:
    """Start runs together, read them to their ends, and say what that took of whom."""
    before = side.cpu_seconds()
    counted = await side.load(runs, pieces, per_second)
    used = difference(before, side.cpu_seconds())
    return {
        "side": side.name,
        "measurement": name,
        "runs": runs,
        "deltas": runs * pieces,
        "seconds": counted["seconds"],
        "runs_per_second": runs / counted["seconds"],
        "deltas_per_second": runs * pieces / counted["seconds"],
        "first_event_p50_ms": counted["first_ms"][0],
        "first_event_p99_ms": counted["first_ms"][1],
        "delivery_p50_ms": counted["latency_ms"][0],
        "delivery_p99_ms": counted["latency_ms"][1],
        **{f"{role}_cpu_seconds": seconds for role, seconds in used.items()},
        "client_cpu_seconds": counted["client_cpu_seconds"],
    }


async def take_over(side: Side, runs: int) -> list[Row]:
    """Kill a worker in the middle of its runs; tell how long it took until another one went on, if it had any."""
    assert side.engine is not None
    loading = asyncio.create_task(side.load(runs, 4 * PACE, PACE, may_repeat=True))
    while (
        sum(state.is_leased for state in (await side.engine.read()).states.values()) < runs / 2 and not loading.done()
    ):
        await asyncio.sleep(0.2)
    killed_at = time.time()
    await side.worker[-1].kill_group()
    await loading
    kept = await side.engine.read()
    seconds = [
        datetime.fromisoformat(event.fields["time"]).timestamp() - killed_at
        for log in kept.events.values()
        for event in log
        if event.type == "restarted" and event.fields["reason"] == "worker_lost"
    ]
    if not seconds:
        return []
    row = {
        "side": side.name,
        "measurement": "takeover",
        "lease_seconds": LEASE_SECONDS,
        "runs_taken_over": len(seconds),
        "takeover_p50_seconds": statistics.median(seconds),
        "takeover_most_seconds": max(seconds),
    }
    return [row]


async def idle(side: Side, size: Size) -> Row:
    """Let everybody wait; return what that asks of the store and of the processes."""
    assert side.engine is not None
    # Until what the runs before have left is done: leases, followers' last looks.
    await asyncio.sleep(size.settle_seconds)
    before, asked, begun = side.cpu_seconds(), await side.engine.count_requests(), time.monotonic()
    await asyncio.sleep(size.idle_seconds)
    asked = await side.engine.count_requests() - asked
    passed, processes = time.monotonic() - begun, len(side.front) + len(side.worker)
    used = difference(before, side.cpu_seconds())
    return {
        "side": side.name,
        "measurement": "idle",
        "processes": processes,
        "store_requests_per_second": asked / passed,
        "store_requests_per_second_and_process": asked / passed / processes,
        "cores_of_all_processes": (used["front"] + used["worker"]) / passed,
        "cores_of_the_store": used["store"] / passed,
    }
