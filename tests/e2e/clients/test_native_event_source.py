"""The browser's own EventSource at a real Galley, with a ticket: it reconnects and resumes by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.async_api import Browser

from tests.e2e.clients.kites import HEAD_BYTES, Kites
from tests.e2e.clients.laws import ClientLaws, Job, Told
from tests.e2e.clients.native_page import follow_all, open_page


class TestNativeEventSource(ClientLaws):
    name = "EventSource"
    can_post = False
    cuts = at_once = 4
    """A browser opens six connections to an origin at most."""
    least_bytes = 2 * HEAD_BYTES
    """The ticket comes over the same connection first; a stream whose head is cut is given up by the browser."""

    @pytest.fixture(autouse=True)
    def _browser(self, chromium: Browser) -> None:
        self.chromium = chromium

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        async with open_page(self.chromium, url) as page:
            return await follow_all(page, "followByTicket", url, native.token, jobs)
