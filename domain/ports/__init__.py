"""What Galley needs of the world; each port has one suite of laws in tests/contract."""

from domain.ports.clock import Clock
from domain.ports.ledger import Ledger
from domain.ports.prompt import PromptStore
from domain.ports.provider import Provider
from domain.ports.run import QueueDepth, RunLog, RunQueue, RunStore
from domain.ports.user import Authenticator, SessionStore, UserStore
from domain.ports.webhook import WebhookQueue, WebhookSender

__all__ = [
    "Authenticator",
    "Clock",
    "Ledger",
    "PromptStore",
    "Provider",
    "QueueDepth",
    "RunLog",
    "RunQueue",
    "RunStore",
    "SessionStore",
    "UserStore",
    "WebhookQueue",
    "WebhookSender",
]
