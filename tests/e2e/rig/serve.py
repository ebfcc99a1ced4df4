"""`galley serve` or `work` with what a test needs inside: `RIG='{"crash_at": 3}' python -m tests.e2e.rig.serve serve`.

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
import sys
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from adapters.stores.sqlite.store import SqliteStore
from domain.ports import Clock, Provider
from entrypoints.bootstrap import bootstrap
from entrypoints.commands.work import work
from entrypoints.http.app import create_app
from entrypoints.http.server import ServerConfig, serve
from entrypoints.log import setup_logging
from entrypoints.settings import Settings, read_settings
from tests.e2e.rig.clocks import JumpingClock
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


def make_provider(settings: Settings, options: dict[str, Any], clock: Clock) -> Provider:
    """Return the rig's model behind what goes wrong and what notes it."""
    kites = KiteProvider(clock=clock, per_second=settings.sample_tokens_per_second)
    trouble = TroubleProvider(inner=kites, block_seconds=options.get("block_seconds", 0.0))
    return LedgerProvider(trouble, Path(options.get("calls", settings.data / "calls.jsonl")))


async def serve_rig(settings: Settings, options: dict[str, Any], clock: Clock) -> None:
    """Do what `galley serve` does, with the rig's provider; a SQLite store is the rig's as well."""
    config = ServerConfig(host=settings.host, port=settings.port, grace_seconds=settings.grace_seconds)
    provider = make_provider(settings, options, clock)
    async with AsyncExitStack() as stack:
        store = None
        if not settings.is_store_shared:
            store = await stack.enter_async_context(open_sqlite(settings, options, clock))
        house = await stack.enter_async_context(bootstrap(settings, provider=provider, clock=clock, store=store))
        on_drain = partial(house.drain, grace_seconds=settings.grace_seconds)
        services = attrs.evolve(house.services, slow_seconds=options.get("slow_seconds", house.services.slow_seconds))
        await serve(create_app(services), config, on_drain=on_drain)


def open_sqlite(settings: Settings, options: dict[str, Any], clock: Clock) -> AbstractAsyncContextManager[SqliteStore]:
    """Open the file as the bootstrap does, with the boundary at which to die."""
    return SqliteStore.open(
        settings.data / "galley.db",
        clock=clock,
        lease_seconds=settings.lease_seconds,
        queue_limit=settings.queue_limit,
        user_live_runs=settings.user_live_runs,
        failpoint=Boundaries(settings.data, options.get("crash_at", 0)).pass_one,
    )


async def work_rig(settings: Settings, options: dict[str, Any], clock: Clock) -> None:
    """Do what `galley work` does, with the rig's provider."""
    provider = make_provider(settings, options, clock)
    await work(settings, alive=settings.data / "alive", provider=provider, clock=clock)


def main(command: str) -> None:
    """Read the settings as the commands do, and be one of them."""
    settings, _ = read_settings(os.environ)
    options = json.loads(os.environ["RIG"])
    setup_logging(settings.log_level, settings.log_format)
    faulthandler.enable()
    clock = JumpingClock(seconds=options.get("off_seconds", 0.0), jump_seconds=options.get("jump_seconds", 0.0))
    asyncio.run({"serve": serve_rig, "work": work_rig}[command](settings, options, clock))


if __name__ == "__main__":
    main(sys.argv[1])
