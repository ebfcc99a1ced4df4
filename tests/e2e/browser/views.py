"""Every view of the page, one after the other, each with something in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from playwright.async_api import Page, expect

from tests.e2e.browser.desk import draft, generate, log_in, output, see_end
from tests.e2e.browser.press import Press

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 4
DRAFT = f"""# A text with everything in it

A first paragraph that has a game-changer in it and [a link](https://example.org/somewhere) and `code`. ⏸

> A quotation of *somebody*.

- one
- two

| Column | Another column | And a third |
| --- | --- | --- |
| {LONG_WORD} | b | c |

```
{"a line of code that is far too long for a phone " * 3}
```

{LONG_WORD}
"""


async def walk(page: Page, press: Press) -> AsyncIterator[str]:
    """Yield the name of each view when the page shows it; nothing moves while it is looked at."""
    await page.goto("/")
    await expect(page.get_by_role("button", name="Log in")).to_be_visible()
    yield "login"
    await log_in(page)
    yield "ticket"
    await page.get_by_role("combobox", name="Prompt", exact=True).select_option(label="Verse")
    await page.get_by_role("textbox", name="Words").fill("")
    await page.get_by_role("button", name="Generate").click()
    await expect(page.get_by_role("textbox", name="Words")).to_have_attribute("aria-invalid", "true")
    yield "ticket with a fault"
    run_id = await generate(page, "Verse", words=DRAFT)
    await expect(draft(page)).to_contain_text("A first paragraph")
    yield "run that is writing"
    await page.goto("/#/live")
    await expect(page.get_by_role("progressbar")).to_have_count(1)
    yield "live runs"
    await page.goto(f"/#/runs/{run_id}")
    press.open_gate()
    await see_end(page)
    yield "run with findings"
    await draft(page).get_by_role("button", name="Attempt 2").click()
    await draft(page).get_by_role("button", name="Changes").click()
    await expect(draft(page).get_by_role("paragraph").first).to_be_visible()
    yield "changes between attempts"
    await output(page).get_by_role("button", name="Source").click()
    yield "source of an output"
    await page.goto("/#/history")
    await expect(page.get_by_role("list", name="Runs").get_by_role("listitem").first).to_be_visible()
    yield "history"
    await page.get_by_role("searchbox").fill("nothing is like that")
    await expect(page.get_by_role("heading", name="No run is like that")).to_be_visible()
    yield "history without a hit"
    await page.goto(f"/#/compare/{run_id}/{run_id}")
    await expect(page.get_by_role("region", name="Second run")).to_be_visible()
    yield "compare"
    async for name in _walk_prompts(page):
        yield name
    await page.goto("/#/nowhere/at/all")
    await expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    yield "lost"


async def _walk_prompts(page: Page) -> AsyncIterator[str]:
    await page.goto("/#/prompts")
    await expect(page.get_by_role("link", name="Verse", exact=True)).to_be_visible()
    yield "prompts"
    await page.get_by_role("link", name="Verse", exact=True).click()
    await expect(page.get_by_role("region", name="Checks")).to_be_visible()
    yield "prompt set"
    await page.get_by_role("button", name="Versions").click()
    await expect(page.get_by_role("list", name="Versions")).to_be_visible()
    yield "versions"
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_role("region", name="Preview")).to_be_visible()
    yield "editor"
    source = page.get_by_role("textbox", name="Prompt set in YAML")
    await source.fill((await source.input_value()).replace("min: 5000", "min: many"))
    await expect(page.get_by_role("list", name="Faults")).to_be_visible()
    yield "editor with a fault"
