"""Repair beside writing texts again: `python -m benchmarks.repair [--quick]`.

What is measured and how is described in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict

from benchmarks.repair_cases import Case, read_cases
from benchmarks.repair_model import FIRST_TOKEN_SECONDS, TOKENS_PER_SECOND
from benchmarks.repair_strategies import STRATEGIES, Spent

RESULTS = Path(__file__).parent / "results" / "repair.json"
KINDS = {
    "local": "a few words are wrong",
    "whole": "the whole is wrong",
    "early": "a beginning shows it",
}
Row = Mapping[str, Any]


def main() -> None:
    """Measure, print, and keep a full run's figures."""
    parser = argparse.ArgumentParser(description="Compare Galley's repair with writing texts again.")
    parser.add_argument("--quick", action="store_true", help="every fifth case; its figures are not kept")
    is_quick = parser.parse_args().quick
    begun = time.monotonic()
    cases = read_cases()[:: 5 if is_quick else 1]
    rows = asyncio.run(measure_all(cases))
    report = {
        "seconds": round(time.monotonic() - begun, 1),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "model": {"tokens_per_second": TOKENS_PER_SECOND, "first_token_seconds": FIRST_TOKEN_SECONDS},
        "figures": [figure for kind in KINDS for figure in summarize(rows, kind)],
        "rows": rows,
    }
    print(render(report))
    if not is_quick:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


async def measure_all(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Bring all cases to a valid text at once, one strategy after the other."""
    rows: list[dict[str, Any]] = []
    for name, strategy in STRATEGIES.items():
        spent: list[Spent] = await asyncio.gather(*(strategy(case) for case in cases))
        rows += [
            {"case": case.name, "kind": case.kind, "strategy": name, **asdict(cost)}
            for case, cost in zip(cases, spent, strict=True)
        ]
    return rows


def summarize(rows: Sequence[Row], kind: str) -> list[dict[str, Any]]:
    """Add up a kind's cases by strategy, with Galley's ratio to each of the others."""
    figures = []
    for figure in ("first_output", "repair_output", "output", "input", "seconds"):
        sums = {name: _add(rows, kind, name, figure) for name in STRATEGIES}
        ratios = {name: sums["galley"] / total for name, total in sums.items() if name != "galley" and total}
        cases = len({row["case"] for row in rows if row["kind"] == kind})
        figures.append({"kind": kind, "cases": cases, "figure": figure, **sums, "galley_to": ratios})
    return figures


def render(report: Mapping[str, Any]) -> str:
    """Write the table that people read."""
    names = list(STRATEGIES)
    lines = [f"{report['machine']}; {report['seconds']} s", ""]
    lines.append(f"{'':34}" + "".join(f"{name:>20}" for name in names) + f"{'galley to both':>18}")
    for row in report["figures"]:
        place = f"{row['cases']:3} {row['kind']:6} {row['figure']:22}"
        sums = "".join(f"{row[name]:20.1f}" for name in names)
        ratios = "".join(f"{ratio:9.2f}" for ratio in row["galley_to"].values())
        lines.append(f"{place:34}{sums}{ratios}")
    return "\n".join(lines)


def _add(rows: Sequence[Row], kind: str, strategy: str, figure: str) -> float:
    chosen = [row for row in rows if (row["kind"], row["strategy"]) == (kind, strategy)]
    parts = ("first_output", "repair_output") if figure == "output" else (figure,)
    return float(sum(row[part] for row in chosen for part in parts))


if __name__ == "__main__":
    main()
