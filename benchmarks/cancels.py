"""How soon a model is left alone after a cancel: `python -m benchmarks.cancels [--quick]`.

What is measured and how is described in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import frozen

from benchmarks.load import percentile, write_request
from benchmarks.model import ENDED
from benchmarks.report import describe, render
from benchmarks.scale_sides import open_fleet, open_single
from benchmarks.server import Server
from tests.e2e.rig.engine import ENGINES

RESULTS = Path(__file__).parent / "results" / "cancels.json"
PACKAGES = ("quart", "hypercorn", "apsw", "asyncpg", "redis", "fastapi", "sse-starlette", "uvicorn")
PACE = 50
PIECES = 6000
"""Two minutes of text, so that none ends by itself meanwhile."""
WITHIN_SECONDS = 2.0
"""Once all models write, each run is cancelled at some moment of this time."""
PATIENCE_SECONDS = 60.0
RUNS = (1, 50, 200)
CYCLES = 3


@frozen(kw_only=True)
class Target:
    """Where runs are started. Without `headers`, which log in, they are the peer's and cancelled by leaving."""

    ports: Sequence[int]
    ended: Path
    headers: Mapping[str, str] | None = None

    async def ask(
        self, path: str, body: Mapping[str, Any], *, turn: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request to the server whose turn it is."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[turn % len(self.ports)])
        writer.write(write_request({"method": "POST", "path": path, "body": body, "headers": self.headers or {}}))
        return reader, writer

    def read_ends(self) -> dict[int, int]:
        """Return when each text ended, by its number."""
        lines = self.ended.read_text().splitlines()
        return {int(number): int(at) for number, at in map(str.split, lines)}


async def measure(target: Target, runs: int, chance: random.Random) -> dict[str, float]:
    """Start runs, cancel each at a moment of its own, and tell for how long its model went on."""
    target.ended.write_text("")
    streams = await asyncio.gather(*(_start(target, number) for number in range(runs)))
    cancelling = [_cancel(target, *stream, after=chance.uniform(0, WITHIN_SECONDS)) for stream in streams]
    cancelled = await asyncio.gather(*cancelling)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(ends := target.read_ends()) < runs:
            await asyncio.sleep(0.05)
    went_on = [ends[number] - at for number, at in enumerate(cancelled)]
    return {f"model_went_on_{name}_ms": percentile(went_on, share) for name, share in (("p50", 0.5), ("most", 1.0))}


async def _start(target: Target, number: int) -> tuple[str, asyncio.StreamReader, asyncio.StreamWriter]:
    """Start a run and return its id and its stream, in which the model has begun to write."""
    inputs = {"pieces": PIECES, "per_second": PACE, "number": number}
    reader, writer = await target.ask("/run/stream", {"prompt": "relay", "inputs": inputs}, turn=number)
    told: dict[str, Any] = {}
    while "text" not in told:
        _, is_data, data = (await reader.readline()).partition(b"data: ")
        told = json.loads(data) if is_data else {}
    return told["run_id"], reader, writer


async def _cancel(
    target: Target, run_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, after: float
) -> int:
    """Cancel a run after so many seconds; return the moment by the clock that pieces hold."""
    reading = asyncio.create_task(_read_to_end(reader))
    await asyncio.sleep(after)
    at = time.monotonic_ns()
    if target.headers is None:
        writer.transport.abort()
    else:
        # Where there are two fronts, either of them.
        answer, asking = await target.ask(f"/runs/{run_id}/cancel", {}, turn=at)
        if not (status := await answer.readline()).startswith(b"HTTP/1.1 20"):
            raise SystemExit(f"a cancel was answered {status!r}")
        asking.close()
    await reading
    writer.close()
    return at


async def _read_to_end(reader: asyncio.StreamReader) -> None:
    try:
        while await reader.read(65_536):
            pass
    except ConnectionError:
        pass


@asynccontextmanager
async def open_peer(folder: Path) -> AsyncIterator[Target]:
    """FastAPI with sse-starlette on uvicorn."""
    ended = folder / "ended"
    with Server("peer", "benchmarks.relay_peer", env={ENDED: str(ended)}) as server:
        yield Target(ports=[server.port], ended=ended)


@asynccontextmanager
async def open_galley(folder: Path, store: str) -> AsyncIterator[Target]:
    """Galley as one process on a file, or as two fronts and two workers on an engine."""
    ended = folder / "ended"
    if store == "sqlite":
        async with open_single(folder, env={ENDED: str(ended)}) as side:
            yield Target(ports=[process.port for process in side.front], ended=ended, headers=side.client.headers)
        return
    with ENGINES[store](is_durable=True) as engine:
        async with open_fleet(folder, engine, fronts=2, workers=2, env={ENDED: str(ended)}) as side:
            yield Target(ports=[process.port for process in side.front], ended=ended, headers=side.client.headers)


async def measure_all(runs: Sequence[int], cycles: int) -> list[dict[str, Any]]:
    """Let Galley on each store and the peer take turns."""
    rows = []
    chance = random.Random("cancels")
    for store in ("sqlite", *ENGINES):
        with (
            TemporaryDirectory(prefix="galley-cancels-") as ours,
            TemporaryDirectory(prefix="galley-cancels-") as theirs,
        ):
            async with open_galley(Path(ours), store) as galley, open_peer(Path(theirs)) as peer:
                for count in runs:
                    for _ in range(cycles):
                        for server, target in (("galley", galley), ("peer", peer)):
                            figures = await measure(target, count, chance)
                            rows.append({"server": server, "measurement": f"{store}, {count} runs", **figures})
    return rows


def main() -> None:
    """Measure, print, and keep a full run's figures."""
    parser = argparse.ArgumentParser(description="Cancel runs, and see how long their models go on.")
    parser.add_argument("--quick", action="store_true", help="a minute; its figures say little and are not kept")
    is_quick = parser.parse_args().quick
    begun = time.monotonic()
    rows = asyncio.run(measure_all((1, 20), 1) if is_quick else measure_all(RUNS, CYCLES))
    report = {"seconds": round(time.monotonic() - begun, 1)} | describe(rows, packages=PACKAGES)
    print(render(report))
    if not is_quick:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
