"""What 500 models that fall silent leave behind: `python -m benchmarks.silent_upstreams [--quick]`.

What is measured and how is described in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import describe, render
from tests.wire.answer import Answer
from tests.wire.process import wire_process

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "silent_upstreams.json"
PACKAGES = ("anthropic", "httpx2", "attrs")
SIDES = ("galley", "peer")
CALLS = 500
ROUNDS = 1
SILENT = Answer(then="stall", at=5)
"""Headers, the beginning of a text, and then nothing."""


def main() -> None:
    """Measure, print, and keep a full run's figures."""
    parser = argparse.ArgumentParser(description="Leave 500 silent upstreams, and look at what is left of them.")
    parser.add_argument("--quick", action="store_true", help="50 calls, once; its figures say little and are not kept")
    is_quick = parser.parse_args().quick
    begun = time.monotonic()
    rows = asyncio.run(_measure_all(50 if is_quick else CALLS, 1 if is_quick else ROUNDS))
    report = {"seconds": round(time.monotonic() - begun, 1)} | describe(rows, packages=PACKAGES)
    print(render(report))
    if not is_quick:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


async def _measure_all(calls: int, rounds: int) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for _ in range(rounds):
        for side in SIDES:
            async with wire_process("anthropic", [SILENT]) as wire:
                told = await asyncio.to_thread(_run, side, wire.url, calls)
            rows += [{"server": side, "measurement": name, **figures} for name, figures in told.items()]
    return rows


def _run(side: str, url: str, calls: int) -> dict[str, dict[str, float]]:
    """Let one side make its calls in a process of its own."""
    command = (sys.executable, "-m", "benchmarks.silent_side", side, url, str(calls))
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, dict[str, float]] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    main()
