"""`make scale-demo` ends by itself, tells what happened and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 60.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for temporary files that PostgreSQL's own user may enter, as pytest's is not."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_demo_shows_a_run_that_survives_a_killed_worker(folder: Path) -> None:
    begun = time.monotonic()
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale_demo"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=3 * SECONDS,
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    for words in ("kill -9", "reason worker_lost", "in epoch 2", "success true", "came once and in order."):
        assert words in shown.stdout
    assert shown.stderr == ""
    assert time.monotonic() - begun < 2 * SECONDS
    assert list(folder.iterdir()) == []
