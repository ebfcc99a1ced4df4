"""`galley serve` with what a test needs inside: `RIG='{"crash_at": 3}' python -m tests.e2e.rig.serve`.

The provider writes for the prompt set `kites`, at the sample provider's pace, behind a ledger and a maker of trouble.
With `crash_at` the process kills itself, as kill -9 does, at that boundary of the store's writes, counted from the
moment when the file `armed` is in the data folder.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from adapters.clock import SystemClock
from adapters.stores.sqlite.store import SqliteStore
from entrypoints.bootstrap import bootstrap
from entrypoints.http.app import create_app
from entrypoints.http.server import ServerConfig, serve
from entrypoints.log import setup_logging
from entrypoints.settings import Settings, read_settings
from tests.e2e.rig.kite_provider import KiteProvider
from tests.e2e.rig.ledger import LedgerProvider
from tests.e2e.rig.trouble import TroubleProvider


class Boundaries:
    """Counts the boundaries of writes and ends the process at one of them, for ever."""

    def __init__(self, data: Path, crash_at: int) -> None:
        self._armed = data / "armed"
        self._count = data / "boundaries"
        self._crash_at = crash_at
        self._passed = 0

    def pass_one(self, _name: str) -> None:
        """Count, then die if it is time."""
        if not self._armed.exists():
            return
        self._passed += 1
        self._count.write_text(str(self._passed))
        if self._passed == self._crash_at:
            os.kill(os.getpid(), signal.SIGKILL)


async def serve_rig(settings: Settings, options: dict[str, Any]) -> None:
    """Do what the command does, with the rig's provider and store."""
    clock = SystemClock()
    kites = KiteProvider(clock=clock, per_second=settings.sample_tokens_per_second)
    trouble = TroubleProvider(inner=kites, block_seconds=options.get("block_seconds", 0.0))
    boundaries = Boundaries(settings.data, options.get("crash_at", 0))
    config = ServerConfig(host=settings.host, port=settings.port, grace_seconds=settings.grace_seconds)
    opened = SqliteStore.open(
        settings.data / "galley.db",
        clock=clock,
        lease_seconds=settings.lease_seconds,
        queue_limit=settings.queue_limit,
        user_live_runs=settings.user_live_runs,
        failpoint=boundaries.pass_one,
    )
    provider = LedgerProvider(trouble, settings.data / "calls.jsonl")
    async with opened as store, bootstrap(settings, provider=provider, clock=clock, store=store) as house:
        on_drain = partial(house.drain, grace_seconds=settings.grace_seconds)
        services = attrs.evolve(house.services, slow_seconds=options.get("slow_seconds", house.services.slow_seconds))
        await serve(create_app(services), config, on_drain=on_drain)


if __name__ == "__main__":
    found, _ = read_settings(os.environ)
    setup_logging(found.log_level, found.log_format)
    faulthandler.enable()
    asyncio.run(serve_rig(found, json.loads(os.environ["RIG"])))
