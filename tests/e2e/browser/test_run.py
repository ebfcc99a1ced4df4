"""Logging in, and a run from the ticket to its output, with a stream and without."""

from collections.abc import Callable

from playwright.async_api import expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import Teller, bar, draft, generate, log_in, output, see_end
from tests.e2e.browser.journal import Journal
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess

TOPIC = "Desk lamps that do not tire your eyes"


async def test_a_wrong_password_is_told_and_the_right_one_lets_in(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url)
    await page.goto("/")
    await page.get_by_role("textbox", name="Username").fill("admin")
    await page.get_by_label("Password", exact=True).fill("wrong-horse-battery")
    await page.get_by_role("button", name="Log in").click()

    await expect(page.get_by_role("alert")).to_contain_text("Check the name and the password.")

    await page.get_by_label("Password", exact=True).fill(ADMIN_PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("button", name="Generate")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()


async def test_a_streamed_run_ends_with_draft_findings_and_output(
    galley: GalleyProcess, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(galley.url)
    await log_in(page)
    await expect(page.get_by_role("switch", name="Streaming mode")).to_be_checked()
    run_id = await generate(page, "Blog post", topic=TOPIC)
    await see_end(page)

    await expect(output(page)).to_contain_text("Every check passed")
    await expect(draft(page).get_by_role("button", name="Attempt 1")).to_contain_text("1 finding")
    await draft(page).get_by_role("button", name="Attempt 1").click()
    await expect(draft(page).get_by_role("list", name="Findings (1)")).to_contain_text("too few")
    await draft(page).get_by_role("button", name="Attempt 2").click()
    await draft(page).get_by_role("button", name="Changes").click()
    await expect(draft(page).get_by_role("insertion").last).to_be_visible()
    details = page.get_by_role("region", name="Details")
    await expect(details).to_contain_text("blog-post, version 1")
    await expect(details).to_contain_text(run_id)
    assert len(journal().asked("GET", "/events")) == 1


async def test_without_the_stream_the_same_view_is_reached(
    galley: GalleyProcess, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(galley.url)
    await log_in(page)
    streaming = page.get_by_role("switch", name="Streaming mode")
    await streaming.click()
    run_id = await generate(page, "Blog post", topic=TOPIC)
    await see_end(page)
    plain = {name: await page.get_by_role("region", name=name).inner_text() for name in ("Draft", "Output")}
    asked = journal().asked("GET", "/events") + journal().asked("POST", "/run/stream")
    await page.reload()
    await expect(streaming).not_to_be_checked()
    await streaming.click()
    await generate(page, "Blog post", topic=TOPIC)
    await see_end(page)

    assert asked == []
    assert {name: await page.get_by_role("region", name=name).inner_text() for name in plain} == plain
    async with Teller(galley.url) as teller:
        assert (await teller.run(run_id))["success"] is True


async def test_a_fault_stands_beside_its_field(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url)
    await log_in(page)
    await page.get_by_role("combobox", name="Prompt", exact=True).select_option(label="Blog post")
    topic = page.get_by_role("textbox", name="Topic", exact=True)
    await page.get_by_role("button", name="Generate").click()

    await expect(topic).to_be_focused()
    await expect(topic).to_have_attribute("aria-invalid", "true")
    assert await topic.get_attribute("aria-describedby")
    await expect(bar(page)).to_have_count(0)
