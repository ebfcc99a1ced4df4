"""One server of each engine that processes share, for all tests of a session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.rig.engine import ENGINES, Engine


@pytest.fixture(scope="session", params=ENGINES)
def server(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ENGINES[request.param]() as engine:
        yield engine


@pytest.fixture
async def engine(server: Engine) -> AsyncIterator[Engine]:
    """The same, without anything in it."""
    await server.empty()
    yield server
