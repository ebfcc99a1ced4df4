"""What the ways in share: the ports and the few facts that a request may need."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from attrs import field, frozen

from domain.admission import AdmissionRules
from domain.ports import (
    Authenticator,
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
from domain.run.model import RunStatus
from domain.webhook.message import WebhookKeys
from entrypoints.arrivals import Arrivals

if TYPE_CHECKING:
    from entrypoints.login import Login


class Flag(Protocol):
    """Something that is set once and for all; `asyncio.Event` is one."""

    def is_set(self) -> bool:
        """Whether it has happened."""
        ...

    async def wait(self) -> object:
        """Return once it has happened."""
        ...


class CancelsRuns(Protocol):
    """Who ends a run on somebody's wish, whether a worker has it or not."""

    async def cancel(self, run_id: str) -> RunStatus:
        """Ask durably for a cancel; return the run's status, which is terminal where it has ended by now.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...


def new_run_id() -> str:
    """Make a run id with 122 random bits."""
    return str(uuid.uuid4())


@frozen(kw_only=True)
class Services:
    """Everything that a way in may use.

    `public_url` is where browsers find the service, without a slash at the end. `secret_key` signs cursors and makes
    run ids from idempotency keys; it is the same in every process of one service. `drain` is set when this process is
    going away. `page` is the folder of the built page, None without one. `is_working` says whether the runs that this
    process takes are worked on; it does so for ever in a pure front, whose workers are elsewhere. `default_prompt` is
    the prompt set of requests that name none. `webhook_keys` is None where no webhook is called. Who knows
    `metrics_token` may read the metrics. `slow_seconds` is how long a socket's peer may leave a message unread.
    """

    runs: RunStore
    log: RunLog
    queue: RunQueue
    depth: QueueDepth
    ledger: Ledger
    webhooks: WebhookQueue
    prompts: PromptStore
    users: UserStore
    sessions: SessionStore
    authenticator: Authenticator
    login: Login
    provider: Provider
    clock: Clock
    canceller: CancelsRuns
    rules: AdmissionRules
    public_url: str
    secret_key: bytes = field(repr=False)
    drain: Flag
    heartbeat_seconds: float = 15.0
    requests_per_minute: int = 300
    default_prompt: str = "blog-post"
    webhook_keys: WebhookKeys | None = None
    metrics_token: str | None = field(default=None, repr=False)
    slow_seconds: float = 10.0
    page: Path | None = None
    is_working: Callable[[], bool] = lambda: True
    version: str = "0.1.0"
    new_run_id: Callable[[], str] = new_run_id
    arrivals: Arrivals = field(factory=Arrivals)

    @property
    def public_path(self) -> str:
        """The path under which a proxy serves us, "" where there is none; addresses in headers begin with it."""
        return urlsplit(self.public_url).path.rstrip("/")
