"""Every check on a megabyte, evil patterns, and what the event loop feels: `python -m benchmarks.checks [--quick]`.

The peers: langdetect for language, markdown-it-py's parser for headings, links and structure, Python's `re` for phrases
and patterns. A peer of 0 means that there is none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path

from benchmarks.checks_measures import measure_checks, measure_crafted, measure_loop, measure_patterns
from benchmarks.report import describe, render

RESULTS = Path(__file__).parent / "results" / "checks.json"
PACKAGES = ("google-re2", "jsonschema-rs", "langdetect", "markdown-it-py", "pycld2")


def main() -> None:
    """Measure, print, and keep a full run's figures."""
    parser = argparse.ArgumentParser(description="Measure the checks.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the text; its figures are not kept")
    is_quick = parser.parse_args().quick
    begun = time.monotonic()
    size = 100_000 if is_quick else 1_000_000
    rows = [*measure_checks(size), *measure_crafted(size), *measure_patterns(), *asyncio.run(measure_loop(size))]
    report = {"seconds": round(time.monotonic() - begun, 1)} | describe(rows, packages=PACKAGES)
    print(render(report))
    if not is_quick:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
