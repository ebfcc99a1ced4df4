"""Redis between processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.two_processes import IsIdle, TwoProcessesContract
from tests.entrypoints.shell import Shell


class TestRedisTwoProcesses(TwoProcessesContract):
    @pytest.fixture
    def is_idle(self) -> IsIdle:
        return lambda store: store.server.is_idle


def test_a_server_that_is_not_there_is_told_in_one_line_without_the_password(tmp_path: Path) -> None:
    store_url = "redis://galley:hunter2@127.0.0.1:1/0"

    for command in (["serve"], ["work"], ["users", "list"]):
        result = Shell(tmp_path).call(*command, GALLEY_STORE_URL=store_url)

        told = "galley: Redis at 127.0.0.1:1 can't be reached; start it, or correct STORE_URL.\n"
        assert (result.exit_code, result.stderr) == (2, told)
