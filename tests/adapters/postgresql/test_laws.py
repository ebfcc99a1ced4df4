"""PostgreSQL keeps the laws of every store port."""

from __future__ import annotations

from tests.adapters.postgresql.engine import PostgresqlEngine
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


class TestPostgresqlRunStore(PostgresqlEngine, RunStoreContract): ...


class TestPostgresqlRunList(PostgresqlEngine, RunListContract): ...


class TestPostgresqlRunLog(PostgresqlEngine, RunLogContract): ...


class TestPostgresqlRunFollow(PostgresqlEngine, RunFollowContract): ...


class TestPostgresqlRunQueue(PostgresqlEngine, RunQueueContract): ...


class TestPostgresqlRunLease(PostgresqlEngine, RunLeaseContract): ...


class TestPostgresqlRunTurns(PostgresqlEngine, RunTurnsContract): ...


class TestPostgresqlLedger(PostgresqlEngine, LedgerContract): ...


class TestPostgresqlWebhookQueue(PostgresqlEngine, WebhookQueueContract): ...


class TestPostgresqlPromptStore(PostgresqlEngine, PromptStoreContract): ...


class TestPostgresqlUserStore(PostgresqlEngine, UserStoreContract): ...


class TestPostgresqlSessionStore(PostgresqlEngine, SessionStoreContract): ...
