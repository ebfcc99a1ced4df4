"""@microsoft/fetch-event-source in Chromium at a real Galley: after a cut, and in a tab shown again, it posts again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.clients.kites import Kites
from tests.e2e.clients.laws import PATIENCE_SECONDS, ClientLaws, Job, Told, start
from tests.e2e.clients.native_page import follow_all, open_page

SHOW = """(isHidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: isHidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
HAS_TOLD = "([run, count]) => (window.told[run] ?? []).length >= count"


class TestFetchEventSource(ClientLaws):
    name = "fetch-event-source"
    cuts = at_once = 4
    """A browser opens six connections to an origin at most."""

    @pytest.fixture(autouse=True)
    def _browser(self, chromium: Browser) -> None:
        self.chromium = chromium

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        async with open_page(self.chromium, url) as page:
            return await follow_all(page, "followByFetch", url, native.token, jobs)

    async def test_a_tab_that_is_hidden_and_shown_posts_twice_and_has_one_run(self, native: Kites) -> None:
        topic = "Hidden kites that fly slowly"
        job = start(topic)
        async with asyncio.timeout(PATIENCE_SECONDS), open_page(self.chromium, native.server.url) as page:
            posts: list[dict[str, str]] = []
            page.on("request", lambda request: posts.append(request.headers) if request.method == "POST" else None)
            url, token = native.server.url, native.token
            following = asyncio.create_task(follow_all(page, "followByFetch", url, token, [job]))
            await has_told(page, job, 6)
            await page.evaluate(SHOW, True)
            await page.evaluate(SHOW, False)
            await has_told(page, job, 10)
            await native.direct.call("POST", f"/runs/{job.run_id}/cancel")
            (told,) = await following

        await native.assert_whole(job.run_id, told.events)
        assert told.events[-1]["draft"] == "".join(e["text"] for e in told.events if e["type"] == "delta")
        assert [post["idempotency-key"] for post in posts] == [job.run_id] * 2
        assert ["last-event-id" in post for post in posts] == [False, True]
        assert await native.count_runs(topic) == 1


async def has_told(page: Page, job: Job, count: int) -> None:
    await page.wait_for_function(HAS_TOLD, arg=[job.run_id, count])
