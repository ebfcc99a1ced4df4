"""The scale benchmark's figures side by side, each as a ratio to one process on a file."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
NOT_COMPARED = frozenset({"side", "measurement", "runs", "deltas", "lease_seconds", "processes", "seconds"})


def compare(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return every figure of every side as a median, with its ratio to the same figure of the first side."""
    return list(_compare(rows))


def render(report: Mapping[str, Any]) -> str:
    """Write the tables that people read."""
    lines = [f"{report['machine']}; {report['seconds']} s", ""]
    sides = list(dict.fromkeys(figure["side"] for figure in report["figures"]))
    names = list(dict.fromkeys((figure["measurement"], figure["figure"]) for figure in report["figures"]))
    by_place = {(one["side"], one["measurement"], one["figure"]): one for one in report["figures"]}
    for side in sides:
        lines.append(side)
        for measurement, name in names:
            if (found := by_place.get((side, measurement, name))) is not None:
                ratio = "" if found["ratio"] is None else f"{found['ratio']:8.2f}"
                lines.append(f"  {measurement:16} {name:40} {found['value']:12.3f} {ratio}")
    for simulated in report["simulated"]:
        lines += ["", f"Simulated with the costs of {simulated['engine']}:", *_render_steps(simulated)]
    return "\n".join(lines)


def _compare(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    peer = rows[0]["side"]
    for side in dict.fromkeys(row["side"] for row in rows):
        own = [row for row in rows if row["side"] == side]
        for measurement in dict.fromkeys(row["measurement"] for row in own):
            alike = [row for row in own if row["measurement"] == measurement]
            compared = [row for row in rows if row["side"] == peer and row["measurement"] == measurement]
            for name in (name for name in alike[0] if name not in NOT_COMPARED):
                value = statistics.median(row[name] for row in alike)
                base = statistics.median(row[name] for row in compared) if compared else 0.0
                ratio = value / base if base else None
                yield {"side": side, "measurement": measurement, "figure": name, "value": value, "ratio": ratio}


def _render_steps(simulated: Mapping[str, Any]) -> Iterator[str]:
    for role, cost in simulated["costs"].items():
        yield f"  {role:8} {cost['run'] * 1000:8.2f} ms a run, {cost['delta'] * 1e6:8.1f} us a delta"
    for steps in simulated["bursts"]:
        yield f"  {steps[0]['runs']} runs at once:"
        for step in steps:
            made = step["deployment"]
            parts = (
                f"{made['fronts']} fronts, {made['workers']} workers of {made['slots']}, "
                f"store of {made['store_cores']} cores and {made['connections']} connections"
            )
            yield (
                f"    {parts}: {step['capacity']} at once, {step['scarcest']} first ({step['moved_by']}); "
                + _render_times(step)
            )


def _render_times(step: Mapping[str, Any]) -> str:
    if step["seconds"] is None:
        return "not all of it can connect"
    waits = f"waiting p50 {step['wait_p50_seconds']:.1f} s, p99 {step['wait_p99_seconds']:.1f} s"
    return f"{waits}, all in {step['seconds']:.1f} s"
