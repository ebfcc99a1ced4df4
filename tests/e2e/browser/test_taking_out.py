"""Draft and output leave the page by the clipboard and as files, the draft while it is still being written too."""

import json
import zipfile
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import draft, generate, log_in, output, see_end
from tests.e2e.browser.press import Press

BEGIN, END = "# Kites\n\nThey rise *against* the wind ", "and never with it.\n"
TEXT = f"{BEGIN}⏸{END}"
WHOLE = BEGIN + END
CLIPBOARD = ["clipboard-read", "clipboard-write"]


async def open_run(press: Press, open_page: OpenPage) -> tuple[Page, str]:
    """Return a page with a run at the gate, and the run's id."""
    page = await open_page(press.url, permissions=CLIPBOARD)
    await log_in(page)
    run_id = await generate(page, "Note", words=TEXT)
    await expect(draft(page)).to_contain_text("They rise against the wind")
    return page, run_id


async def read_clipboard(page: Page) -> str:
    return str(await page.evaluate("navigator.clipboard.readText()"))


async def download(region: Locator, what: str, extension: str, folder: Path) -> tuple[str, bytes]:
    """Download in one format; return the file's name and content."""
    page = region.page
    await region.get_by_role("combobox", name=f"File format of the {what}").select_option(label=extension)
    async with page.expect_download() as downloading:
        await region.get_by_role("button", name=f"Download {what}").click()
    found = await downloading.value
    await found.save_as(folder / found.suggested_filename)
    return found.suggested_filename, (folder / found.suggested_filename).read_bytes()


async def test_a_draft_is_copied_while_it_grows_and_when_it_is_whole(press: Press, open_page: OpenPage) -> None:
    page, _ = await open_run(press, open_page)
    await draft(page).get_by_role("button", name="Copy draft").click()
    await expect(page.get_by_text("The draft is copied.").first).to_be_visible()
    assert (await read_clipboard(page)).rstrip() == BEGIN.rstrip()
    press.open_gate()
    await see_end(page)
    await draft(page).get_by_role("button", name="Copy draft").click()

    await page.wait_for_function("async whole => await navigator.clipboard.readText() === whole", arg=WHOLE)


async def test_an_output_is_copied_as_its_source(press: Press, open_page: OpenPage) -> None:
    page, _ = await open_run(press, open_page)
    press.open_gate()
    await see_end(page)
    await output(page).get_by_role("button", name="Copy output").click()
    await expect(page.get_by_text("The output is copied.").first).to_be_visible()

    assert (await read_clipboard(page)).strip() == WHOLE.strip()


async def test_a_draft_is_downloaded_in_every_format(press: Press, open_page: OpenPage, tmp_path: Path) -> None:
    page, run_id = await open_run(press, open_page)
    growing, part = await download(draft(page), "draft", ".md", tmp_path)
    press.open_gate()
    await see_end(page)
    files = dict([await download(draft(page), "draft", kind, tmp_path) for kind in (".md", ".txt", ".html", ".json")])

    name = f"note-draft-{run_id[:8]}"
    assert (growing, part.decode().rstrip()) == (f"{name}.md", BEGIN.rstrip())
    assert list(files) == [f"{name}.md", f"{name}.txt", f"{name}.html", f"{name}.json"]
    assert files[f"{name}.md"].decode() == WHOLE
    assert files[f"{name}.txt"].decode() == "Kites\n\nThey rise against the wind and never with it.\n"
    assert "<em>against</em>" in files[f"{name}.html"].decode()
    assert json.loads(files[f"{name}.json"])["draft"] == WHOLE


async def test_an_output_is_downloaded_in_every_format(press: Press, open_page: OpenPage, tmp_path: Path) -> None:
    page, run_id = await open_run(press, open_page)
    press.open_gate()
    await see_end(page)
    kinds = (".md", ".html", ".txt", ".json", ".docx")
    files = dict([await download(output(page), "output", kind, tmp_path) for kind in kinds])

    name = f"note-output-{run_id[:8]}"
    assert list(files) == [name + kind for kind in kinds]
    assert files[f"{name}.md"].decode().strip() == WHOLE.strip()
    assert "<em>against</em>" in files[f"{name}.html"].decode()
    assert files[f"{name}.txt"].decode().strip() == "Kites\n\nThey rise against the wind and never with it."
    assert WHOLE.strip() in json.loads(files[f"{name}.json"])["text"]
    assert "word/document.xml" in zipfile.ZipFile(tmp_path / f"{name}.docx").namelist()
