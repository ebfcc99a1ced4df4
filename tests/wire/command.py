"""The command line of a wire-format server, until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.wire.answer import Answers, read_answers
from tests.wire.exchange import WireFormat
from tests.wire.server import serving


def run(wire: WireFormat) -> None:
    """Serve on loopback; print the address as the first line."""
    parser = argparse.ArgumentParser(description="Answer like a model provider, as a script says.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", default="[]", help="JSON, or @ and the name of a file that holds it")
    given = parser.parse_args()
    script = Path(given.script[1:]).read_text() if given.script.startswith("@") else given.script
    asyncio.run(_serve(wire, read_answers(json.loads(script)), given.port))


async def _serve(wire: WireFormat, answers: Answers, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serving(wire, answers, port=port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        await stopped.wait()
