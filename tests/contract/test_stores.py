"""Every engine keeps the laws of every store port."""

from __future__ import annotations

from tests.contract.engines import MemoryEngine, SqliteEngine
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


class TestMemoryRunStore(MemoryEngine, RunStoreContract): ...


class TestMemoryRunList(MemoryEngine, RunListContract): ...


class TestMemoryRunLog(MemoryEngine, RunLogContract): ...


class TestMemoryRunFollow(MemoryEngine, RunFollowContract): ...


class TestMemoryRunQueue(MemoryEngine, RunQueueContract): ...


class TestMemoryRunLease(MemoryEngine, RunLeaseContract): ...


class TestMemoryRunTurns(MemoryEngine, RunTurnsContract): ...


class TestMemoryLedger(MemoryEngine, LedgerContract): ...


class TestMemoryWebhookQueue(MemoryEngine, WebhookQueueContract): ...


class TestMemoryPromptStore(MemoryEngine, PromptStoreContract): ...


class TestMemoryUserStore(MemoryEngine, UserStoreContract): ...


class TestMemorySessionStore(MemoryEngine, SessionStoreContract): ...


class TestSqliteRunStore(SqliteEngine, RunStoreContract): ...


class TestSqliteRunList(SqliteEngine, RunListContract): ...


class TestSqliteRunLog(SqliteEngine, RunLogContract): ...


class TestSqliteRunFollow(SqliteEngine, RunFollowContract): ...


class TestSqliteRunQueue(SqliteEngine, RunQueueContract): ...


class TestSqliteRunLease(SqliteEngine, RunLeaseContract): ...


class TestSqliteRunTurns(SqliteEngine, RunTurnsContract): ...


class TestSqliteLedger(SqliteEngine, LedgerContract): ...


class TestSqliteWebhookQueue(SqliteEngine, WebhookQueueContract): ...


class TestSqlitePromptStore(SqliteEngine, PromptStoreContract): ...


class TestSqliteUserStore(SqliteEngine, UserStoreContract): ...


class TestSqliteSessionStore(SqliteEngine, SessionStoreContract): ...
