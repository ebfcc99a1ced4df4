"""The two sides of the relay benchmark, started fresh and warmed up."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.server import Server

USER, PASSWORD = "admin", "relay-benchmark-password"
PIECES = 300
"""Of a run of usual length: about 6,000 characters."""


@contextmanager
def open_sides() -> Iterator[tuple[Server, Server]]:
    """Start Galley and the peer; each has carried out a few runs when they are given."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="galley-relay-")))
        galley = stack.enter_context(make_galley(folder))
        peer = stack.enter_context(Server("peer", "benchmarks.relay_peer"))
        answer = galley.call("POST", "/auth/login", {"username": USER, "password": PASSWORD})
        galley.headers["Authorization"] = f"Bearer {answer['access_token']}"
        for server in (galley, peer):
            start_runs(server, count=5, pieces=PIECES, per_second=0)
        yield galley, peer


def make_galley(folder: Path) -> Server:
    """Return Galley with its log on disk and its login, and room for every run at once."""
    env = {
        "GALLEY_DATA": str(folder),
        "GALLEY_PROMPTS": str(Path(__file__).parent / "prompts"),
        "GALLEY_ADMIN_PASSWORD": PASSWORD,
        "GALLEY_WORKERS": "1000",
        "GALLEY_USER_LIVE_RUNS": "100000",
        "GALLEY_USER_REQUESTS_PER_MINUTE": "1000000",
        "GALLEY_LOG_LEVEL": "warning",
    }
    return Server("galley", "benchmarks.relay_galley", env=env)


def start_runs(server: Server, *, count: int, pieces: int, per_second: float, repeat: int = 1) -> dict[str, Any]:
    """Let the client start `count` runs at once and read them to their ends, `repeat` times; return what it counted."""
    return server.load(count=count, repeat=repeat, **stream_target(pieces, per_second))


def stream_target(pieces: int, per_second: float) -> dict[str, Any]:
    """Return the request that starts a run and streams it."""
    body = {"prompt": "relay", "inputs": {"pieces": pieces, "per_second": per_second}}
    return {"method": "POST", "path": "/run/stream", "body": body}
