"""PostgreSQL between processes."""

from __future__ import annotations

import pytest

from tests.contract.two_processes import IsIdle, TwoProcessesContract


class TestPostgresqlTwoProcesses(TwoProcessesContract):
    @pytest.fixture
    def is_idle(self) -> IsIdle:
        return lambda store: store.database.is_idle
