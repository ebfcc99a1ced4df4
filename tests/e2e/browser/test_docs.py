"""The API's reference at /docs: whole, from our own origin, and under the page's policy.

That no script fails, is stopped or asks elsewhere is what `open_page` demands of every test.
"""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.test_looks import NARROW, OVERFLOW
from tests.e2e.rig.process import ADMIN_PASSWORD, GalleyProcess

LIGHTNESS = """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
  .slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765"""


PATIENCE_MS = 60_000
"""An operation with all its answers is much to draw for a browser on a machine with other work."""


async def open_docs(page: Page) -> None:
    page.set_default_timeout(PATIENCE_MS)
    await page.goto("/docs")
    await expect(page.locator("#operations-runs-run_and_stream")).to_be_visible(timeout=PATIENCE_MS)


async def test_every_operation_of_the_description_is_shown(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url)
    await open_docs(page)
    described = await (await page.request.get("/openapi.json")).json()
    names = [told["operationId"] for methods in described["paths"].values() for told in methods.values()]
    shown = await page.locator(".opblock").evaluate_all("all => all.map((one) => one.id)")

    assert sorted(name.split("-")[-1] for name in shown) == sorted(names)


async def test_a_request_can_be_tried_there(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url)
    await open_docs(page)
    login = page.locator("#operations-auth-log_in")
    await login.locator(".opblock-summary-control").click()
    await login.get_by_role("button", name="Try it out").click()
    await login.locator("textarea").fill(f'{{"username": "admin", "password": "{ADMIN_PASSWORD}"}}')
    await login.get_by_role("button", name="Execute").click()

    await expect(login.locator(".live-responses-table .response .response-col_status")).to_have_text(
        "200", timeout=PATIENCE_MS
    )


async def test_nothing_that_was_entered_is_kept(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url)
    await open_docs(page)
    await page.locator(".auth-wrapper .authorize").click()
    await page.locator("#auth-bearer-value").fill("a.b.c")
    await page.locator(".modal-ux .authorize").first.click()

    assert await page.evaluate("() => [localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


async def test_it_fits_a_phone(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url, viewport=NARROW, is_mobile=True, has_touch=True)
    await open_docs(page)
    await page.locator("#operations-events-follow_one .opblock-summary-control").click()
    await expect(page.locator("#operations-events-follow_one .responses-wrapper")).to_be_visible(timeout=PATIENCE_MS)

    assert await page.evaluate(OVERFLOW) == [0]


async def test_it_is_as_light_or_dark_as_the_system(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url, color_scheme="dark")
    await open_docs(page)
    dark = await page.evaluate(LIGHTNESS)
    await page.emulate_media(color_scheme="light")
    await expect(page.locator("html.dark-mode")).to_have_count(0)

    assert dark < 0.25
    assert await page.evaluate(LIGHTNESS) > 0.75
