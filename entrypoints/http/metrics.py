"""GET /metrics: what an autoscaler and an alert need to know, in Prometheus's text format.

The format is few lines of text, so no library writes it:
https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from quart import Blueprint, Response

from domain.run.model import LiveRuns
from entrypoints.http.authenticate import current_services
from entrypoints.http.operation import Access, Answer, Operation, operation

blueprint = Blueprint("metrics", __name__)

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PROCESS: Final = Path("/proc/self")

Sample = tuple[str, str, str, float]
"""Name with labels, type, help, value."""


@blueprint.get("/metrics")
@operation(
    Operation(
        summary="Tell how many runs wait and how this process is",
        tag="operation",
        access=Access.METRICS,
        answers={200: Answer(meaning="Prometheus's text format.", content={"text/plain": {"type": "string"}})},
        problems=(503,),
    )
)
async def show_metrics() -> Response:
    """Answer with the whole store's counts, which are the same at every front, and this process's own."""
    services = current_services()
    runs = await services.depth.count()
    samples = [*_describe_runs(runs), *_describe_process(services.version, is_working=services.is_working())]
    return Response(write_samples(samples), content_type=MEDIA_TYPE)


def write_samples(samples: list[Sample]) -> str:
    """Write samples, those of one name next to each other and its type and help before them."""
    lines: list[str] = []
    told = ""
    for name, kind, meaning, value in samples:
        family = name.partition("{")[0]
        if family != told:
            lines += [f"# HELP {family} {meaning}", f"# TYPE {family} {kind}"]
            told = family
        lines.append(f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _describe_runs(runs: LiveRuns) -> Iterator[Sample]:
    meaning = "Runs of the whole store that have not ended."
    yield 'galley_runs{status="queued"}', "gauge", meaning, runs.queued
    yield 'galley_runs{status="running"}', "gauge", meaning, runs.running


def _describe_process(version: str, *, is_working: bool) -> Iterator[Sample]:
    yield f'galley_info{{version="{version}"}}', "gauge", "The version that answers.", 1
    yield "galley_working", "gauge", "Whether this process works on runs, or leaves that to others.", float(is_working)
    yield "process_cpu_seconds_total", "counter", "Processor time of this process.", time.process_time()
    if _PROCESS.exists():
        pages = int((_PROCESS / "statm").read_text().split()[1])
        yield "process_resident_memory_bytes", "gauge", "Its resident set.", pages * os.sysconf("SC_PAGE_SIZE")
        yield "process_open_fds", "gauge", "Its open files.", sum(1 for _ in (_PROCESS / "fd").iterdir())
