"""What the tests of clients share: one server with a proxy before it, and one Chromium."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.browser.conftest import chromium
from tests.e2e.clients.kites import Kites, flying

pytest.register_assert_rewrite("tests.e2e.clients.laws")

__all__ = ["chromium", "native"]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def native(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kites]:
    """Serve for every client of the native protocol."""
    async with flying(tmp_path_factory.mktemp("native")) as kites:
        yield kites
