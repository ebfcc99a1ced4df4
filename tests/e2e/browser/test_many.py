"""Many runs and many tabs at once over HTTP/1.1, where a browser has six connections to a server and no more."""

from collections.abc import Callable

from playwright.async_api import expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import Teller, draft, generate, log_in, see_end
from tests.e2e.browser.journal import Journal
from tests.e2e.browser.press import Press

TEN = range(1, 11)


async def test_ten_runs_at_once_leave_the_page_usable(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(press.url)
    await log_in(page)
    for number in TEN:
        await generate(page, "Note", words=f"Kite {number} rises ⏸and falls.")
        await expect(draft(page)).to_contain_text(f"Kite {number} rises")
    await page.get_by_role("link", name="Live").click()
    bars = page.get_by_role("progressbar")
    await expect(bars).to_have_count(len(TEN))
    await page.get_by_role("link", name="History").click()
    await expect(page.get_by_role("list", name="Runs").get_by_text("Running")).to_have_count(len(TEN))
    await journal().until_streams(1)
    await page.get_by_role("link", name="Live").click()
    await expect(bars).to_have_count(len(TEN))
    press.open_gate()

    for number in TEN:
        row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=f"Open Kite {number} rises"))
        await expect(row).to_contain_text("and falls.")
        await expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")


async def test_ten_tabs_share_a_connection_and_an_eleventh_request_is_answered(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    async with Teller(press.url) as teller:
        runs = [await teller.start("note", {"words": f"Kite {number} rises ⏸and falls."}) for number in TEN]
    first = await open_page(press.url)
    await log_in(first)
    pages = [first, *[await first.context.new_page() for _ in runs[1:]]]
    for number, page, run_id in zip(TEN, pages, runs, strict=True):
        await page.goto(f"/#/runs/{run_id}")
        await expect(draft(page)).to_contain_text(f"Kite {number} rises")
    last = await generate(first, "Note", words="The eleventh rises ⏸and falls.")
    await expect(draft(first)).to_contain_text("The eleventh rises")
    # Each tab may catch up over a stream of its own for a moment; what stays open is one for all.
    await journal().until_streams(1)
    press.open_gate()

    assert last not in runs
    for page in pages:
        await see_end(page)
