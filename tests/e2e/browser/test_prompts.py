"""An editor mends a prompt set with the faults beside their lines, sees what changes, and publishes it."""

from playwright.async_api import expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import log_in
from tests.e2e.rig.process import GalleyProcess

CHECK = "{check: words, min: 400, max: 800}"


async def test_a_version_is_published_once_its_faults_are_mended(galley: GalleyProcess, open_page: OpenPage) -> None:
    page = await open_page(galley.url)
    await log_in(page)
    await page.get_by_role("link", name="Prompts", exact=True).click()
    await page.get_by_role("link", name="Blog post", exact=True).click()
    await page.get_by_role("button", name="Edit").click()
    source = page.get_by_role("textbox", name="Prompt set in YAML")
    text = await source.input_value()
    line = text.splitlines().index(f"  - {CHECK}") + 1
    await source.fill(text.replace(CHECK, "{check: words, min: many, max: 800}"))
    fault = page.get_by_role("list", name="Faults").get_by_role("button")
    await expect(fault).to_contain_text(f"line {line}")
    publish = page.get_by_role("button", name="Publish version 2")
    await expect(publish).to_be_disabled()
    await fault.click()
    await expect(source).to_be_focused()
    chosen = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert "min: many" in await source.evaluate(chosen)
    await source.fill(text.replace(CHECK, "{check: words, min: 410, max: 800}"))
    await expect(page.get_by_text("It can be published as it is.")).to_be_visible()
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("How to choose a desk lamp")
    await publish.click()

    await expect(page.get_by_text("Version 2 is published.").first).to_be_visible()
    await expect(page.get_by_text("blog-post@2")).to_be_visible()
    await expect(page.get_by_role("region", name="Checks")).to_contain_text("min: 410")
    await page.get_by_role("button", name="Versions").click()
    await expect(page.get_by_role("list", name="Versions").get_by_role("listitem")).to_have_count(2)
    changes = page.get_by_role("region", name="Changes")
    await expect(changes.get_by_role("deletion").filter(has_text="400")).to_be_visible()
    await expect(changes.get_by_role("insertion").filter(has_text="410")).to_be_visible()
