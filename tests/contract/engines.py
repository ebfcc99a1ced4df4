"""The engines that keep the contracts of the store ports."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.clock import ManualClock
from adapters.stores.memory.store import MemoryStore
from adapters.stores.sqlite.store import SqliteStore
from tests.contract.store import OpenStore


class MemoryEngine:
    """Everything in memory."""

    @pytest.fixture
    def open_store(self, clock: ManualClock) -> OpenStore:
        return partial(MemoryStore.open, clock=clock)


class SqliteEngine:
    """Everything in one file."""

    @pytest.fixture
    def open_store(self, clock: ManualClock, tmp_path: Path) -> OpenStore:
        return lambda **options: SqliteStore.open(tmp_path / uuid4().hex / "galley.db", clock=clock, **options)
