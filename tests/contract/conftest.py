"""The option by which somebody else's adapter is put to our laws."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pkgutil import resolve_name

import pytest

from domain.ports import Provider

OPTION = "--provider"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        metavar="PACKAGE:FACTORY",
        help="run the laws of Provider on what this factory, called without arguments, returns",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption(OPTION, default=None) is None:
        given = [item for item in items if "given_provider" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=given)
        items[:] = [item for item in items if item not in given]


@pytest.fixture
async def given_provider(pytestconfig: pytest.Config) -> AsyncIterator[Provider]:
    factory = resolve_name(pytestconfig.getoption(OPTION))
    made = factory()
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(made) if isinstance(made, AbstractAsyncContextManager) else made
