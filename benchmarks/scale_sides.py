"""The sides of the scale benchmark: one process on a SQLite file, and fleets on an engine that processes share."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.sides import stream_target
from tests.e2e.rig.client import GalleyClient, connect
from tests.e2e.rig.engine import Engine
from tests.e2e.rig.fleet import Fleet
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess

ROOT = Path(__file__).parents[1]
RIG = {"module": "benchmarks.scale_side"}
LEASE_SECONDS = 5.0
WORKERS = 1000
ENV = {
    "GALLEY_PROMPTS": str(ROOT / "benchmarks" / "prompts"),
    "GALLEY_USER_LIVE_RUNS": "100000",
    "GALLEY_QUEUE_LIMIT": "1000000",
    "GALLEY_LOG_LEVEL": "warning",
    "GALLEY_LEASE_SECONDS": str(LEASE_SECONDS),
    "GALLEY_WORKERS": str(WORKERS),
}


@frozen(kw_only=True)
class Side:
    """What is measured: who serves, who works (the same process on a file), and the store's main process if any."""

    name: str
    front: Sequence[GalleyProcess]
    worker: Sequence[GalleyProcess]
    engine: Engine | None
    client: GalleyClient

    def cpu_seconds(self) -> dict[str, float]:
        """Return what each role has used so far; what shares a process counts as a front."""
        return {
            "front": sum(process_seconds(process.pid) for process in self.front if process.is_running),
            "worker": sum(process_seconds(process.pid) for process in self.worker if process.is_running),
            "store": 0.0 if self.engine is None else tree_seconds(self.engine.pid),
        }

    async def load(self, count: int, pieces: int, per_second: float, *, may_repeat: bool = False) -> dict[str, Any]:
        """Let clients of a process of their own start so many runs at once and read them to their ends.

        With `may_repeat` pieces may come again, as they do of a stage that is begun again.

        Raises:
            SystemExit: A piece is missing.
        """
        given = {"ports": [process.port for process in self.front], "headers": self.client.headers, "count": count}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.load", json.dumps(given | stream_target(pieces, per_second))),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        counted: dict[str, Any] = json.loads(out) if process.returncode == 0 else {"pieces": None}
        arrived, made = counted["pieces"], count * pieces
        if arrived != made and not (may_repeat and arrived is not None and arrived > made):
            raise SystemExit(f"{self.name}: {arrived} of {made} pieces arrived")
        return counted


@asynccontextmanager
async def open_single(folder: Path, *, env: Mapping[str, str] | None = None) -> AsyncIterator[Side]:
    """One process that serves and works on a SQLite file: the peer."""
    process = GalleyProcess(data=folder, env=ENV | dict(env or {}), rig=RIG)
    async with process, connect(process.url, user="admin", password=ADMIN_PASSWORD) as client:
        yield Side(name="sqlite, one process", front=[process], worker=[], engine=None, client=client)


@asynccontextmanager
async def open_fleet(
    folder: Path, engine: Engine, *, fronts: int, workers: int, env: Mapping[str, str] | None = None
) -> AsyncIterator[Side]:
    """A fleet on an engine that is empty."""
    await engine.empty()
    fleet = Fleet(folder=folder, engine=engine, fronts=fronts, workers=workers, env=ENV | dict(env or {}), rig=RIG)
    async with fleet, fleet.log_in() as client:
        name = f"{engine.name}, {_count(fronts, 'front')}, {_count(workers, 'worker')}"
        yield Side(name=name, front=fleet.front, worker=fleet.worker, engine=engine, client=client)


def process_seconds(pid: int) -> float:
    """Return what all living threads of a process have used, in user and kernel."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def tree_seconds(pid: int) -> float:
    """Return the same of a process, its children, and those of them that have ended and were waited for."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
    return process_seconds(pid) + sum(process_seconds(int(child)) for child in children) + sum(map(int, ended)) / 100


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return what was used between two readings."""
    return {name: after[name] - before[name] for name in before}


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
