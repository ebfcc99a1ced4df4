"""Every view reads well for everybody: light, dark, on a phone, and by what axe-core knows."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import draft, generate, log_in
from tests.e2e.browser.press import Press
from tests.e2e.browser.views import walk
from tests.e2e.rig.process import ROOT

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
NARROW = {"width": 320, "height": 720}
LOOK = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => [id, target.join(" "), failureSummary]))"""
OVERFLOW = """() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
  ...[...document.querySelectorAll("button, a, select, input, textarea")]
    .filter((element) => element.getBoundingClientRect().left < -1 && !element.matches(".skip, .for-ears"))
    .map((element) => element.outerHTML.slice(0, 80))]"""
LIGHTNESS = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return (red + green + blue) / 765;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious_in_any_view(press: Press, open_page: OpenPage, scheme: str) -> None:
    page = await open_page(press.url, color_scheme=scheme, reduced_motion="reduce")
    await page.add_init_script(path=AXE)
    found: dict[str, Any] = {}
    async for view in walk(page, press):
        if faults := await page.evaluate(LOOK):
            found[view] = faults

    assert found == {}


async def test_no_view_scrolls_sideways_on_a_phone(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url, viewport=NARROW, is_mobile=True, has_touch=True)
    found: dict[str, Any] = {}
    async for view in walk(page, press):
        faults = await page.evaluate(OVERFLOW)
        if faults != [0]:
            found[view] = faults

    assert found == {}


async def test_a_silent_run_fits_a_phone(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url, viewport=NARROW, is_mobile=True, has_touch=True)
    await page.clock.install()
    await log_in(page)
    await generate(page, "Note", words="Kites rise ⏸ against the wind.")
    await expect(draft(page)).to_contain_text("Kites rise")
    await page.clock.fast_forward("00:25")
    await expect(page.get_by_text("No word from the service")).to_be_visible()

    assert await page.evaluate(OVERFLOW) == [0]


async def test_it_is_dark_where_the_system_is_and_keeps_what_is_chosen(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url, color_scheme="dark")
    await log_in(page)
    assert await lightness(page) < 0.25
    await page.get_by_role("button", name="Colours: as the system").click()
    await expect(page.get_by_role("button", name="Colours: light")).to_be_visible()
    assert await lightness(page) > 0.75
    await page.reload()
    await expect(page.get_by_role("button", name="Colours: light")).to_be_visible()
    assert await lightness(page) > 0.75
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="Colours: light").click()

    await expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    assert await lightness(page) < 0.25


async def lightness(page: Page) -> float:
    return float(await page.evaluate(LIGHTNESS))
