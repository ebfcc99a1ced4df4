"""The model that both sides simulate: pieces of one size at one pace, each with the moment at which it was made."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

STAMP = rb"t(\d{19}) "
ENDED = "BENCHMARK_ENDED"
"""The environment's name of a file in which the ends of numbered texts are noted."""


async def write_pieces(inputs: Mapping[str, Any]) -> AsyncGenerator[str, None]:
    """Yield as many `pieces` of 21 characters, so many `per_second` or (0) as fast as they are taken.

    A piece is the machine's monotonic clock in nanoseconds, which is the same for every process of it. When and
    however it ends that is noted by the text's `number`, where it has one.
    """
    begun, per_second = time.monotonic(), inputs["per_second"]
    try:
        for number in range(inputs["pieces"]):
            wait = begun + number / per_second - time.monotonic() if per_second else 0.0
            await asyncio.sleep(max(0.0, wait))
            yield f"t{time.monotonic_ns():019d} "
    finally:
        if "number" in inputs:
            _note_end(inputs["number"])


def _note_end(number: int) -> None:
    """One write to a file opened for appending, which no other process's comes into."""
    with Path(os.environ[ENDED]).open("ab", buffering=0) as file:
        file.write(f"{number} {time.monotonic_ns()}\n".encode())
