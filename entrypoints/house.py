"""What the bootstrap puts together, by what it is for."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from attrs import field, frozen

from domain.admission import AdmissionRules
from domain.pipeline.worker import Canceller
from domain.ports import (
    Clock,
    Ledger,
    PromptStore,
    Provider,
    QueueDepth,
    RunLog,
    RunQueue,
    RunStore,
    SessionStore,
    UserStore,
    WebhookQueue,
)
from domain.webhook.message import WebhookKeys
from entrypoints.login import Passwords
from entrypoints.services import Services
from entrypoints.worker import WorkerOwner

SHARE_OF_GRACE: Final = 0.8
"""How much of the grace runs get to end by themselves; the rest is for handing over those that did not."""


class Records(Protocol):
    """What may be written beside a serving process, and the logs, which may be read, an attribute per port."""

    @property
    def log(self) -> RunLog:
        """The records of runs."""
        ...

    @property
    def prompts(self) -> PromptStore:
        """Prompt sets."""
        ...

    @property
    def users(self) -> UserStore:
        """Users."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """Refresh families."""
        ...


class Store(Records, Protocol):
    """A whole engine, an attribute per port."""

    @property
    def runs(self) -> RunStore:
        """Runs."""
        ...

    @property
    def queue(self) -> RunQueue:
        """Who works on them."""
        ...

    @property
    def depth(self) -> QueueDepth:
        """How much waits in it."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What their owners spend."""
        ...

    @property
    def webhooks(self) -> WebhookQueue:
        """Who is to be told of their ends."""
        ...


@frozen(kw_only=True)
class Core:
    """What carries out runs, whoever asks for them; `worker` is None in a pure front.

    `webhook_keys` is None where no webhook is called.
    """

    store: Store
    provider: Provider
    clock: Clock
    rules: AdmissionRules
    canceller: Canceller
    worker: WorkerOwner | None
    webhook_keys: WebhookKeys | None = None

    @property
    def is_working(self) -> bool:
        """Whether runs are worked on, here or, for a pure front, elsewhere."""
        return self.worker is None or self.worker.is_working


@frozen(kw_only=True)
class Registry:
    """What administering needs."""

    records: Records
    passwords: Passwords
    clock: Clock


@frozen(kw_only=True)
class House:
    """A whole service; `admin_password` is set where the admin was just made with a random one, to be shown once."""

    services: Services
    worker: WorkerOwner | None
    draining: asyncio.Event
    admin_password: str | None = field(default=None, repr=False)

    async def drain(self, *, grace_seconds: float) -> None:
        """Tell every stream that this process goes away, and hand over the runs that don't end within the grace."""
        self.draining.set()
        if self.worker is not None:
            await self.worker.stop(grace_seconds=grace_seconds * SHARE_OF_GRACE)
