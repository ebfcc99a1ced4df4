"""A run whose page, server or network goes away in the middle is shown whole in the end, and every word of it once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import Teller, bar, draft, generate, log_in, output, see_end
from tests.e2e.browser.journal import Journal
from tests.e2e.browser.press import ECHO, Press
from tests.e2e.rig.process import find_free_port
from tests.e2e.rig.proxy import Proxy

BEGIN, END = "Kites rise against the wind", "and never with it."
TEXT = f"{BEGIN} ⏸{END}"
CUT = "The connection is cut."
CANCELLED = "The run was cancelled. What was written so far is kept."


async def begin(page: Page) -> str:
    """Log in, start a run and see it stand at the gate."""
    await log_in(page)
    run_id = await generate(page, "Note", words=TEXT)
    await see_begin(page)
    return run_id


async def see_begin(page: Page) -> None:
    await expect(draft(page).get_by_role("paragraph")).to_have_text([BEGIN])
    await expect(page.get_by_role("button", name="Cancel run")).to_be_enabled()


async def see_whole(page: Page) -> None:
    await see_end(page)
    for region in (draft(page), output(page)):
        await expect(region.get_by_text("Kites")).to_have_text([f"{BEGIN} {END}"])


async def test_a_reload_brings_back_text_progress_and_cancel(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url)
    await begin(page)
    before = await bar(page).get_attribute("aria-valuenow")
    await page.reload()
    await see_begin(page)
    assert await bar(page).get_attribute("aria-valuenow") == before
    press.open_gate()

    await see_whole(page)


async def test_a_server_that_was_killed_goes_on_where_the_page_is(open_page: OpenPage, tmp_path: Path) -> None:
    async with Press(data=tmp_path, env=ECHO) as press:
        page = await open_page(press.url)
        run_id = await begin(page)
        await press.kill_group()
        await expect(page.get_by_text(CUT)).to_be_visible()
        press.open_gate()
        await press.start()
        await see_whole(page)

        async with Teller(press.url) as teller:
            assert [run["run_id"] for run in await teller.runs()] == [run_id]


async def test_without_a_network_it_waits_and_goes_on_as_soon_as_there_is_one(
    open_page: OpenPage, tmp_path: Path
) -> None:
    port = find_free_port()
    async with (
        Proxy(port) as proxy,
        Press(data=tmp_path, port=port, env=ECHO | {"GALLEY_PUBLIC_URL": proxy.url}) as press,
    ):
        page = await open_page(proxy.url)
        await begin(page)
        await page.context.set_offline(True)
        # The browser's own offline mode leaves open connections alone.
        await proxy.cut_all()
        await expect(page.get_by_text(CUT)).to_be_visible()
        press.open_gate()
        await see_begin(page)
        await page.context.set_offline(False)
        await see_whole(page)


async def test_cancel_keeps_the_text_and_ends_the_run_on_the_server(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url)
    run_id = await begin(page)
    await page.get_by_role("button", name="Cancel run").click()

    await expect(page.get_by_text(CANCELLED)).to_be_visible()
    await expect(page.get_by_role("button", name="Cancel run")).to_have_count(0)
    await expect(draft(page)).to_contain_text(BEGIN)
    await expect(output(page)).to_have_count(0)
    async with Teller(press.url) as teller:
        record = await teller.run(run_id)
    assert (record["status"], record["output"]) == ("cancelled", None)


@pytest.mark.parametrize(("answer", "is_cancelled"), [("Let it go on", False), ("Yes, cancel it", True)])
async def test_escape_asks_before_it_cancels(
    press: Press, open_page: OpenPage, answer: str, is_cancelled: bool
) -> None:
    page = await open_page(press.url)
    await begin(page)
    await page.get_by_role("heading", name="Draft").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog", name="Cancel this run?").get_by_role("button", name=answer).click()
    press.open_gate()

    await (expect(page.get_by_text(CANCELLED)).to_be_visible() if is_cancelled else see_whole(page))


async def test_a_second_tab_shows_the_same_run_over_the_same_connection(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    first = await open_page(press.url)
    await begin(first)
    second = await first.context.new_page()
    await second.goto(first.url)
    await see_begin(second)
    await journal().until_streams(1)
    await first.close()
    press.open_gate()
    await see_whole(second)


async def test_a_cancel_in_one_tab_is_seen_in_the_other(press: Press, open_page: OpenPage) -> None:
    first = await open_page(press.url)
    await begin(first)
    second = await first.context.new_page()
    await second.goto(first.url)
    await see_begin(second)
    await second.get_by_role("button", name="Cancel run").click()

    for page in (first, second):
        await expect(page.get_by_text(CANCELLED)).to_be_visible()
        await expect(draft(page)).to_contain_text(BEGIN)
