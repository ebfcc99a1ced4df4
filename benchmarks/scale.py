"""Fleets on each store that processes share, beside one process on a file: `python -m benchmarks.scale [--quick]`.

What is measured and how is described in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from benchmarks.report import describe_machine
from benchmarks.scale_measures import FULL, QUICK, Row, Size, measure
from benchmarks.scale_model import Deployment, Load, climb, read_costs
from benchmarks.scale_report import compare, render
from benchmarks.scale_sides import open_fleet, open_single
from tests.e2e.rig.engine import ENGINES, Engine

RESULTS = Path(__file__).parent / "results" / "scale.json"
PACKAGES = ("quart", "hypercorn", "apsw", "asyncpg", "redis")
FLEETS = ((1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (2, 4))
"""Fronts and workers."""
QUICK_FLEETS = ((1, 1), (2, 2))
COSTS_FROM = "1 front, 1 worker"
LOAD = Load(deltas=1000, per_second=50)
"""A text of some 1,000 tokens."""
SMALL = Deployment(fronts=2, workers=3, slots=64, store_cores=4, connections=100)
"""What deploy/ starts, on PostgreSQL's own default of connections."""
BURSTS = (10_000, 100_000)


async def measure_all(size: Size, fleets: Sequence[tuple[int, int]]) -> list[Row]:
    """Measure one side after the other."""
    rows: list[Row] = []
    with TemporaryDirectory(prefix="galley-scale-") as folder:
        async with open_single(Path(folder)) as side:
            rows += await measure(side, size)
    for name in ENGINES:
        with ENGINES[name](is_durable=True) as engine:
            for fronts, workers in fleets:
                rows += await measure_fleet(engine, size, fronts, workers)
    return rows


async def measure_fleet(engine: Engine, size: Size, fronts: int, workers: int) -> list[Row]:
    """Measure one fleet in fresh processes."""
    with TemporaryDirectory(prefix="galley-scale-") as folder:
        async with open_fleet(Path(folder), engine, fronts=fronts, workers=workers) as side:
            print(f"  {side.name}", flush=True)
            return await measure(side, size)


def simulate_all(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield, for each engine and burst, one step after the other from the small deployment to one that carries it."""
    for engine in ENGINES:
        costs = read_costs(rows, f"{engine}, {COSTS_FROM}")
        yield {
            "engine": engine,
            "costs": {role: attrs.asdict(cost) for role, cost in costs.items()},
            "load": attrs.asdict(LOAD),
            "bursts": [[attrs.asdict(step) for step in climb(runs, SMALL, costs, LOAD)] for runs in BURSTS],
        }


def main() -> None:
    """Measure, simulate, print, and keep a full run's figures."""
    parser = argparse.ArgumentParser(description="Measure fleets of fronts and workers, and simulate larger ones.")
    parser.add_argument("--quick", action="store_true", help="a minute; its figures say little and are not kept")
    is_quick = parser.parse_args().quick
    begun = time.monotonic()
    rows = asyncio.run(measure_all(QUICK, QUICK_FLEETS) if is_quick else measure_all(FULL, FLEETS))
    report = {
        **describe_machine(PACKAGES),
        "seconds": round(time.monotonic() - begun, 1),
        "figures": compare(rows),
        "simulated": list(simulate_all(rows)),
        "rows": rows,
    }
    print(render(report))
    if not is_quick:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
