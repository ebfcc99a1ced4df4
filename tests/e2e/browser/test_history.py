"""Own runs are found again, opened, compared and run again."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import Teller, log_in, output, see_end
from tests.e2e.rig.process import GalleyProcess

LAMPS, CHAIRS = "Desk lamps that do not tire your eyes", "Oak chairs that can be mended"
PRODUCT = {"product": "Oak desk lamp", "audience": "People who read at night"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def archive(galley: GalleyProcess) -> AsyncIterator[GalleyProcess]:
    """Serve with three runs in the history."""
    async with Teller(galley.url) as teller:
        for topic in (LAMPS, CHAIRS):
            await teller.finish("blog-post", {"topic": topic})
        await teller.finish("product-description", PRODUCT)
    yield galley


async def open_history(archive: GalleyProcess, open_page: OpenPage) -> Page:
    page = await open_page(archive.url)
    await log_in(page)
    await page.get_by_role("link", name="History").click()
    await expect(rows(page)).to_have_count(3)
    return page


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Runs").get_by_role("listitem")


async def test_a_search_finds_runs_by_their_inputs(archive: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_history(archive, open_page)
    await page.get_by_role("searchbox", name="Search").fill("mended")
    await expect(rows(page)).to_have_count(1)
    await rows(page).get_by_role("link").click()

    await expect(output(page)).to_contain_text(CHAIRS)


async def test_filters_narrow_the_list_and_say_when_nothing_is_left(
    archive: GalleyProcess, open_page: OpenPage
) -> None:
    page = await open_history(archive, open_page)
    await page.get_by_role("combobox", name="Prompt set").select_option(label="Product description")
    await expect(rows(page)).to_have_count(1)
    await page.get_by_role("combobox", name="Status").select_option(label="Cancelled")
    await expect(page.get_by_role("heading", name="No run is like that")).to_be_visible()
    await page.get_by_role("button", name="Show all runs").click()

    await expect(rows(page)).to_have_count(3)


async def test_two_runs_are_laid_side_by_side(archive: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_history(archive, open_page)
    compare = page.get_by_role("button", name="Compare")
    await expect(compare).to_be_disabled()
    posts = rows(page).filter(has_text="blog-post")
    await posts.nth(0).get_by_role("checkbox").check()
    await posts.nth(1).get_by_role("checkbox").check()
    await compare.click()
    await expect(page.get_by_role("region", name="First run")).to_contain_text(CHAIRS)
    await expect(page.get_by_role("region", name="Second run")).to_contain_text(LAMPS)
    await page.get_by_role("button", name="Changes").click()
    changes = page.get_by_role("region", name="Changes from the first to the second")

    await expect(changes.get_by_role("deletion").filter(has_text="chairs").first).to_be_visible()
    await expect(changes.get_by_role("insertion").filter(has_text="lamps").first).to_be_visible()


async def test_a_run_is_run_again_with_changes(archive: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_history(archive, open_page)
    await page.get_by_role("searchbox", name="Search").fill("mended")
    await expect(rows(page)).to_have_count(1)
    await rows(page).get_by_role("link").click()
    topic = page.get_by_role("textbox", name="Topic", exact=True)
    await expect(topic).to_have_value(CHAIRS)
    old = page.url
    await topic.fill("Ash chairs that can't")
    await page.get_by_role("button", name="Generate").click()
    await page.wait_for_url(lambda url: url != old)
    await see_end(page)

    await expect(output(page)).to_contain_text("Ash chairs that can't")
    async with Teller(archive.url) as teller:
        newest = (await teller.runs())[0]["run_id"]
        record = await teller.run(newest)
    assert record["request"]["inputs"]["topic"] == "Ash chairs that can't"
    assert page.url.endswith(newest)
