"""Redis keeps the laws of every store port."""

from __future__ import annotations

from tests.adapters.redis.engine import RedisEngine
from tests.contract.ledger import LedgerContract
from tests.contract.prompt_store import PromptStoreContract
from tests.contract.run_follow import RunFollowContract
from tests.contract.run_lease import RunLeaseContract
from tests.contract.run_list import RunListContract
from tests.contract.run_log import RunLogContract
from tests.contract.run_queue import RunQueueContract
from tests.contract.run_store import RunStoreContract
from tests.contract.run_turns import RunTurnsContract
from tests.contract.user_store import SessionStoreContract, UserStoreContract
from tests.contract.webhook_queue import WebhookQueueContract


class TestRedisRunStore(RedisEngine, RunStoreContract): ...


class TestRedisRunList(RedisEngine, RunListContract): ...


class TestRedisRunLog(RedisEngine, RunLogContract): ...


class TestRedisRunFollow(RedisEngine, RunFollowContract): ...


class TestRedisRunQueue(RedisEngine, RunQueueContract): ...


class TestRedisRunLease(RedisEngine, RunLeaseContract): ...


class TestRedisRunTurns(RedisEngine, RunTurnsContract): ...


class TestRedisLedger(RedisEngine, LedgerContract): ...


class TestRedisPromptStore(RedisEngine, PromptStoreContract): ...


class TestRedisUserStore(RedisEngine, UserStoreContract): ...


class TestRedisSessionStore(RedisEngine, SessionStoreContract): ...


class TestRedisWebhookQueue(RedisEngine, WebhookQueueContract): ...
