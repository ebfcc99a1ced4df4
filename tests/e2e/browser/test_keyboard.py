"""Everything is done with the keyboard alone, and one always sees where one is."""

import re

from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import RUN_ADDRESS, bar, draft, generate, log_in, output, see_end
from tests.e2e.browser.press import Press
from tests.e2e.rig.process import ADMIN_PASSWORD

MOST_STOPS = 40
RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
}"""


async def tab_to(page: Page, place: Locator, key: str = "Tab") -> None:
    """Press Tab until the place has the focus; every stop on the way must be seen to have it."""
    for _ in range(MOST_STOPS):
        await page.keyboard.press(key)
        assert await page.evaluate(RING), await page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if await place.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{MOST_STOPS} stops did not reach {place}")


async def test_from_the_login_to_an_output_without_a_mouse(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url)
    await page.goto("/")
    await expect(page.get_by_role("textbox", name="Username")).to_be_focused()
    await page.keyboard.type("admin")
    await page.keyboard.press("Tab")
    await page.keyboard.type(ADMIN_PASSWORD)
    await page.keyboard.press("Enter")
    prompt = page.get_by_role("combobox", name="Prompt", exact=True)
    await expect(prompt).to_be_visible()
    await tab_to(page, page.get_by_role("link", name="Skip to the text"))
    await page.keyboard.press("Enter")
    await tab_to(page, prompt)
    await page.keyboard.type("Note")
    await expect(page.get_by_role("textbox", name="Audience")).to_be_visible()
    await tab_to(page, page.get_by_role("textbox", name="Words"))
    await page.keyboard.type("Kites rise ⏸and fall.")
    await tab_to(page, page.get_by_role("switch", name="Streaming mode"))
    await tab_to(page, page.get_by_role("button", name="Generate"))
    await page.keyboard.press("Enter")
    await page.wait_for_url(RUN_ADDRESS)
    await expect(draft(page)).to_contain_text("Kites rise")
    await expect(page.get_by_role("button", name="Generate")).to_be_focused()
    await tab_to(page, page.get_by_role("button", name="Cancel run"))
    await tab_to(page, page.get_by_role("button", name="Copy draft"))
    press.open_gate()
    await see_end(page)
    await expect(page.get_by_role("button", name="Copy draft")).to_be_focused()
    await tab_to(page, page.get_by_role("button", name="Download output"))
    await tab_to(page, page.get_by_role("button", name="Read it"), key="Shift+Tab")
    await page.keyboard.press("Enter")

    await expect(output(page)).to_be_focused()
    await expect(output(page)).to_be_in_viewport()


async def test_stages_are_said_and_words_are_not(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url)
    await log_in(page)
    await generate(page, "Note", words="Kites rise ⏸and fall.")
    said = page.get_by_role("status").first
    await expect(said).to_have_text("Writing")
    await expect(bar(page)).to_have_attribute("aria-valuetext", re.compile(r"^Writing, \d+ percent$"))
    assert await draft(page).evaluate("region => region.closest('[aria-live]') === null")
    assert await draft(page).locator("[aria-live]").count() == 0
    press.open_gate()

    await expect(said).to_contain_text("Complete")
