"""Figures of two sides beside each other, for people and for files."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

Row = Mapping[str, Any]


def describe(rows: Sequence[Row], *, packages: Sequence[str]) -> dict[str, Any]:
    """Return the medians of both sides with Galley's ratio to the peer, the rows themselves and what was measured."""
    return {
        **describe_machine(packages),
        "figures": [figure for name in _names(rows) for figure in _compare(rows, name)],
        "rows": list(rows),
    }


def describe_machine(packages: Sequence[str]) -> dict[str, Any]:
    """Return on what and of what a figure was taken."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "packages": {package: version(package) for package in packages},
    }


def render(report: Mapping[str, Any]) -> str:
    """Write the table that people read."""
    lines = [f"{report['machine']}; {report['seconds']} s", ""]
    lines.append(f"{'':28} {'':24} {'galley':>12} {'peer':>12} {'ratio':>7}")
    for row in report["figures"]:
        ratio = "" if row["galley_to_peer"] is None else f"{row['galley_to_peer']:.2f}"
        place = f"{row['measurement']:28} {row['figure']:24}"
        lines.append(f"{place} {row['galley']:12.1f} {row['peer']:12.1f} {ratio:>7}")
    return "\n".join(lines)


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["measurement"] for row in rows))


def _compare(rows: Sequence[Row], name: str) -> Iterator[dict[str, Any]]:
    measured = [row for row in rows if row["measurement"] == name]
    for figure in (key for key in measured[0] if key not in ("server", "measurement")):
        galley, peer = (
            statistics.median(row[figure] for row in measured if row["server"] == side) for side in ("galley", "peer")
        )
        ratio = galley / peer if peer else None
        yield {"measurement": name, "figure": figure, "galley": galley, "peer": peer, "galley_to_peer": ratio}
