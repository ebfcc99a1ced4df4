"""The service in memory for tests of the ways in."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.user import Role
from entrypoints.log import setup_logging
from entrypoints.settings import Settings
from tests.entrypoints.arrangement import House, open_house
from tests.entrypoints.bootstrapped import make_settings
from tests.entrypoints.logging_state import logging_as_before
from tests.entrypoints.shell import Shell


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house() as made:
        yield made


@pytest.fixture
async def ann(house: House) -> dict[str, str]:
    return await house.log_in("ann")


@pytest.fixture
async def bob(house: House) -> dict[str, str]:
    return await house.log_in("bob")


@pytest.fixture
async def admin(house: House) -> dict[str, str]:
    return await house.log_in("root", Role.ADMIN)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that are logged until it is called."""
    stream = io.StringIO()
    with logging_as_before():
        setup_logging("info", "json", stream)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
