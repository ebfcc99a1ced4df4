"""Fronts and workers as processes of their own on one store, behind a proxy that sends each connection to a front."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import define, field

from tests.e2e.rig.balancer import Balancer
from tests.e2e.rig.client import GalleyClient, connect
from tests.e2e.rig.engine import Engine
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess

SECRET_KEY = "a key that every front of the fleet knows, and nobody else"
LEASE_SECONDS = 2.0


@define(kw_only=True)
class Fleet:
    """A context: every process is ready inside, and gone after it. `env` and `rig` are for each of them.

    With a `rig` of None the plain command runs.
    """

    folder: Path
    engine: Engine
    fronts: int = 2
    workers: int = 3
    env: Mapping[str, str] = field(factory=dict)
    rig: Mapping[str, Any] | None = field(factory=dict)
    front: list[GalleyProcess] = field(factory=list, init=False)
    worker: list[GalleyProcess] = field(factory=list, init=False)
    balancer: Balancer = field(factory=Balancer, init=False)
    _stack: AsyncExitStack = field(factory=AsyncExitStack, init=False)

    @property
    def calls(self) -> Path:
        """The provider's ledger, one file for all workers."""
        return self.folder / "calls.jsonl"

    @property
    def processes(self) -> list[GalleyProcess]:
        """All of them."""
        return [*self.front, *self.worker]

    async def __aenter__(self) -> Self:
        self.front = [self.make_front(f"front-{number}", WORKERS="0") for number in range(self.fronts)]
        self.worker = [self.make_worker(f"worker-{number}") for number in range(self.workers)]
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._kill_all)
            await self.start_all(self.processes)
            self.balancer.ports = [process.port for process in self.front]
            await stack.enter_async_context(self.balancer)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._stack.aclose()

    def make_front(self, name: str, **env: str) -> GalleyProcess:
        """Return a front that is not started."""
        return self._make(name, "serve", env)

    def make_worker(self, name: str, **env: str) -> GalleyProcess:
        """Return a worker that is not started."""
        return self._make(name, "work", env)

    async def start_all(self, processes: list[GalleyProcess]) -> None:
        """Start them at once and wait until all are ready."""
        for process in processes:
            process.launch()
        await asyncio.gather(*(process.wait_until_ready() for process in processes))

    @asynccontextmanager
    async def log_in(
        self, url: str | None = None, *, user: str = "admin", password: str = ADMIN_PASSWORD
    ) -> AsyncIterator[GalleyClient]:
        """Give a user's client, which comes to any front, or to the one of `url`."""
        async with connect(url or self.balancer.url, user=user, password=password) as client:
            yield client

    async def _kill_all(self) -> None:
        await asyncio.gather(*(process.kill_group() for process in self.processes))

    def _make(self, name: str, command: Any, env: Mapping[str, str]) -> GalleyProcess:
        own = {f"GALLEY_{key}": value for key, value in env.items()}
        shared = {
            "GALLEY_STORE_URL": self.engine.url,
            "GALLEY_SECRET_KEY": SECRET_KEY,
            "GALLEY_LEASE_SECONDS": str(LEASE_SECONDS),
            "GALLEY_GRACE_SECONDS": "1",
        }
        return GalleyProcess(
            data=self.folder / name,
            command=command,
            env=shared | dict(self.env) | own,
            rig={} if self.rig is None else {"calls": str(self.calls)} | dict(self.rig),
        )
