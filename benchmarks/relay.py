"""Galley beside a stream on FastAPI, sse-starlette and uvicorn: `python -m benchmarks.relay [--quick]`.

What is measured and how is described in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from benchmarks.relay_measures import FULL, QUICK, measure_all
from benchmarks.report import describe, render

RESULTS = Path(__file__).parent / "results" / "relay.json"
PACKAGES = ("quart", "hypercorn", "apsw", "fastapi", "sse-starlette", "uvicorn", "uvloop")


def main() -> None:
    """Measure, print, and keep a full run's figures."""
    parser = argparse.ArgumentParser(description="Compare Galley's streams with FastAPI's.")
    parser.add_argument("--quick", action="store_true", help="half a minute; its figures say little and are not kept")
    is_quick = parser.parse_args().quick
    begun = time.monotonic()
    rows = measure_all(QUICK if is_quick else FULL)
    report = {"seconds": round(time.monotonic() - begun, 1)} | describe(rows, packages=PACKAGES)
    print(render(report))
    if not is_quick:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
