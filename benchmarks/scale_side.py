"""Galley as the scale benchmark measures it: `galley serve` or `work` with the simulated model as its provider."""

from __future__ import annotations

import asyncio
import os
import sys

from benchmarks.relay_galley import PieceProvider, run
from entrypoints.commands.work import work
from entrypoints.log import setup_logging
from entrypoints.settings import read_settings


def main(command: str) -> None:
    """Be one of the two commands."""
    settings, _ = read_settings(os.environ)
    setup_logging(settings.log_level, settings.log_format)
    if command == "work":
        asyncio.run(work(settings, alive=settings.data / "alive", provider=PieceProvider()))
    else:
        asyncio.run(run(settings, settings.port))


if __name__ == "__main__":
    main(sys.argv[1])
