"""A run that survives a killed worker and a killed front, told in words: `python -m benchmarks.scale_demo`.

Everything is on this machine: PostgreSQL in a temporary folder, two fronts behind a proxy, three workers. Nothing is
left behind.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.adapters.postgresql.server import ask
from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.engine import ENGINES, Engine
from tests.e2e.rig.fleet import LEASE_SECONDS, Fleet
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess

BODY = {"prompt": "blog-post", "inputs": {"topic": "Kites on a windy beach"}}
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "60", "GALLEY_WORKERS": "4", "GALLEY_LOG_LEVEL": "warning"}
DELTAS_BEFORE_A_KILL = 15
PATIENCE_SECONDS = 50.0
_HOLDER = "SELECT worker, epoch FROM galley.runs WHERE id = $1"


def say(text: str = "") -> None:
    """Tell it at once, whatever stdout is."""
    print(text, flush=True)


async def demonstrate(fleet: Fleet, engine: Engine) -> bool:
    """Follow one run through both kills; return whether all of it arrived, once and in order."""
    say(f"  PostgreSQL     127.0.0.1:{engine.port}")
    for name, processes in (("two fronts", fleet.front), ("three workers", fleet.worker)):
        say(f"  {name:14} {', '.join(_name(process) for process in processes)}")
    say(f"  a proxy        {fleet.balancer.url} (user admin, password {ADMIN_PASSWORD})\n")
    async with fleet.log_in() as client:
        log = ClientLog(user=client.user)
        following = asyncio.create_task(client.follow_new(BODY, key="demo", log=log, seconds=PATIENCE_SECONDS))
        await _until_text(log, DELTAS_BEFORE_A_KILL)
        say(f"A run begins: {BODY['inputs']['topic']!r}. Its text is being written, {_place(log)}.")
        await _kill_worker(fleet, engine, log)
        await _until_text(log, DELTAS_BEFORE_A_KILL)
        await _kill_front(fleet, log)
        await following
    return _conclude(log)


async def _kill_worker(fleet: Fleet, engine: Engine, log: ClientLog) -> None:
    victim, epoch = await _find_holder(fleet, engine, log)
    say(f"{_name(victim)} has it, in epoch {epoch}. It is killed now, with kill -9.\n")
    killed_at = time.monotonic()
    await victim.kill_group()
    await log.until(lambda seen: any(frame.event == "restarted" for frame in seen.frames), seconds=PATIENCE_SECONDS)
    seconds = time.monotonic() - killed_at
    heir, epoch = await _find_holder(fleet, engine, log)
    restarted = next(event for event in log.events if event["type"] == "restarted")
    say(
        f"{seconds:.1f} s later its lease of {LEASE_SECONDS:.0f} s has run out; {_name(heir)} goes on in epoch {epoch}:"
    )
    say(f"  `restarted`, reason {restarted['reason']}: the stage {restarted['stage']} is written again, what was")
    say("  finished before is kept, and the client drops the deltas that the event names.\n")


async def _kill_front(fleet: Fleet, log: ClientLog) -> None:
    front = next(process for process in fleet.front if process.port == fleet.balancer.newest)
    before = log.connections
    say(f"The stream comes through {_name(front)}, {_place(log)}. That one is killed as well.")
    await front.kill_group()
    await log.until(lambda seen: seen.connections > before, seconds=PATIENCE_SECONDS)
    await _until_text(log, 1)
    other = next(process for process in fleet.front if process is not front)
    say(f"The client comes back through {_name(other)} with its Last-Event-ID and goes on, {_place(log)}.\n")


async def _find_holder(fleet: Fleet, engine: Engine, log: ClientLog) -> tuple[GalleyProcess, int]:
    (row,) = await ask(engine.url, _HOLDER, log.run_id)
    # A worker's name tells its process: worker-<host>-<pid>-<random>-<count>.
    holder = next(one for one in fleet.worker if one.is_running and f"-{one.pid}-" in (row["worker"] or ""))
    return holder, row["epoch"]


async def _until_text(log: ClientLog, deltas: int) -> None:
    """Wait for so many more deltas."""
    wanted = deltas + sum(frame.event == "delta" for frame in log.frames)
    await log.until(
        lambda seen: sum(frame.event == "delta" for frame in seen.frames) >= wanted, seconds=PATIENCE_SECONDS
    )


def _conclude(log: ClientLog) -> bool:
    end: dict[str, Any] = log.events[-1]
    seqs = [event["seq"] for event in log.events]
    is_whole = seqs == list(range(1, len(seqs) + 1))
    say(f"The run ends with `{end['type']}`, success {str(end.get('success')).lower()}, in attempt {_attempts(end)}.")
    say(
        f"{len(seqs)} events over {log.connections} connections; every seq from 1 to {len(seqs)} came "
        + ("once and in order." if is_whole else "NOT once and in order.")
    )
    return is_whole and end.get("success") is True


def _attempts(end: dict[str, Any]) -> int:
    return len(end["metadata"]["attempts"])


def _place(log: ClientLog) -> str:
    return f"at seq {log.events[-1]['seq']}"


def _name(process: GalleyProcess) -> str:
    return f"{process.data.name} (pid {process.pid})"


async def run(folder: Path, engine: Engine) -> bool:
    """Start the fleet and show it."""
    async with Fleet(folder=folder, engine=engine, env=ENV, rig=None) as fleet:
        return await demonstrate(fleet, engine)


def main() -> None:
    """Show it; exit with 1 where something is not as it should be."""
    say("Galley on many processes, all of them on this machine. They start:\n")
    with TemporaryDirectory(prefix="galley-demo-") as folder, ENGINES["postgresql"]() as engine:
        is_good = asyncio.run(run(Path(folder), engine))
    say("All processes are stopped, and their files are removed.")
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
