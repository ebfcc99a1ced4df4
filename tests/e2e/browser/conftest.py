"""What the browser tests share: one Chromium, a context for each test, and servers to meet."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.e2e.browser.journal import Journal
from tests.e2e.browser.press import ECHO, Press
from tests.e2e.rig.process import ROOT, GalleyProcess
from tests.effort import effort

PATIENCE_MS = 10_000
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")[effort(0, 1) :]
"""The first is the same engine without windows, for two thirds of the work; a soak takes the whole browser."""
SAMPLE = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "0"}
JOURNALS = pytest.StashKey[list[tuple[Journal, BrowserContext]]]()

OpenContext = Callable[..., Awaitable[BrowserContext]]
OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in one loop, because they share one Chromium."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the browser said beside a failure."""
    report = yield
    if report.failed:
        for journal, context in item.stash.get(JOURNALS, []):
            report.sections.append(("browser", journal.tell(context.pages)))
    return report


@pytest.fixture(scope="session")
def built_page() -> None:
    """Fail where there is no page to look at."""
    if not (ROOT / "frontend" / "dist" / "index.html").is_file():
        pytest.fail("The page is not built; `make test` does that, or `make page` alone.", pytrace=False)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Start the system's Chromium once for this folder."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("There is no Chromium; requirements/system.sh installs it.", pytrace=False)
    expect.set_options(timeout=PATIENCE_MS)
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def galley(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GalleyProcess]:
    """Serve with the plain command, its sample provider and the shipped prompt sets."""
    async with GalleyProcess(data=tmp_path_factory.mktemp("galley"), env=SAMPLE) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_press(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Press]:
    """Serve with the provider that can be held."""
    async with Press(data=tmp_path_factory.mktemp("press"), env=ECHO) as server:
        yield server


@pytest.fixture
def press(shared_press: Press) -> Press:
    """Give each test the module's press with its gate closed."""
    shared_press.close_gate()
    return shared_press


@pytest_asyncio.fixture(loop_scope="session")
async def open_context(request: pytest.FixtureRequest, chromium: Browser) -> AsyncIterator[OpenContext]:
    """Open contexts of a server's page; whatever happens, no script may fail, be stopped or ask elsewhere."""
    kept: list[tuple[Journal, BrowserContext]] = []
    request.node.stash[JOURNALS] = kept
    async with AsyncExitStack() as stack:

        async def open_one(url: str, **options: Any) -> BrowserContext:
            context = await chromium.new_context(base_url=url, locale="en-GB", **options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            journal = Journal(url)
            journal.keep(context)
            kept.append((journal, context))
            return context

        yield open_one
        for journal, _ in kept:
            assert (journal.errors, journal.violations, journal.remote) == ([], [], [])


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(open_context: OpenContext) -> OpenPage:
    """Open one page in a context of its own."""

    async def open_one(url: str, **options: Any) -> Page:
        context = await open_context(url, **options)
        return await context.new_page()

    return open_one


@pytest.fixture
def journal(request: pytest.FixtureRequest, open_context: OpenContext) -> Callable[[], Journal]:
    """Return what is known of the test's first context."""
    return lambda: request.node.stash[JOURNALS][0][0]
