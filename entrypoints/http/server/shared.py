"""What the connections of a server share, and how long each may wait for its peer."""

import ssl
from enum import Enum, auto

import attrs
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, LifespanState

from entrypoints.http.server.config import ServerConfig

LINGER_SECONDS = 2.0


class Phase(Enum):
    """What a connection waits for."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    LINGER = auto()
    FLUSH = auto()


@attrs.frozen(kw_only=True)
class Shared:
    """What all connections of a server have in common."""

    app: AppWrapper
    config: ServerConfig
    hypercorn: Config
    context: WorkerContext
    state: LifespanState
    tls: ssl.SSLContext | None

    def patience(self, phase: Phase) -> float | None:
        """For how many seconds a connection may stay in `phase`; an answer may take as long as the app likes."""
        return {
            Phase.IDLE: self.config.idle_timeout_seconds,
            Phase.HEAD: self.config.head_timeout_seconds,
            Phase.BODY: self.config.body_timeout_seconds,
            Phase.ANSWER: None,
            Phase.LINGER: LINGER_SECONDS,
            Phase.FLUSH: self.config.write_timeout_seconds,
        }[phase]
