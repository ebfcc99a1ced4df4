"""useChat and useCompletion of @ai-sdk/react in a browser, at a real Galley: cut, reloaded, failed, cancelled."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import OpenContext
from tests.e2e.browser.desk import Teller
from tests.e2e.browser.press import Press
from tests.e2e.clients.bundle import build, open_client
from tests.e2e.clients.doc_blocks import read_blocks
from tests.e2e.clients.node import CLIENTS
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy, plans

BEGIN, END = "Kites rise", "against the wind."
TEXT = f"{BEGIN} ⏸{END}"
CANCELLED = "The run was cancelled."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def script(tmp_path_factory: Any) -> str:
    target: Path = tmp_path_factory.mktemp("page") / "page.js"
    return await build(CLIENTS / "ai_sdk_page.jsx", target)


async def open_chat(open_context: OpenContext, url: str, script: str, teller: Teller) -> Page:
    """Open the page with a chat that nobody had before."""
    return await open_client(await open_context(url), script, token=teller.token, chat=str(uuid4()))


async def say(page: Page, text: str = TEXT) -> None:
    await page.evaluate("(text) => void page.chat.sendMessage({ text })", text)


def answer(page: Page) -> Locator:
    return page.locator("article.assistant")


async def see_begin(page: Page) -> str:
    """Wait until the text is under way; return the run's id."""
    await expect(answer(page).locator(".draft")).to_have_text(BEGIN)
    return str(await answer(page).get_attribute("id"))


async def see_whole(page: Page, teller: Teller) -> None:
    """Wait for the end; there is one answer, and its text is the run's."""
    await expect(page.get_by_role("status")).to_have_text("ready")
    await expect(answer(page).locator(".text")).to_have_text(f"{BEGIN} {END}")
    await expect(answer(page).locator(".draft")).to_have_text("")
    run = await teller.run(str(await answer(page).get_attribute("id")))
    assert await answer(page).locator(".text").text_content() == run["output"]


async def test_a_chat_sees_its_text_grow_and_has_it_once(press: Press, open_context: OpenContext, script: str) -> None:
    async with Teller(press.url) as teller:
        page = await open_chat(open_context, press.url, script, teller)
        await say(page)
        await see_begin(page)
        await expect(answer(page).locator(".text")).to_have_text("")
        press.open_gate()

        await see_whole(page, teller)


async def test_a_chat_that_was_cut_off_comes_back_and_has_its_text_once(
    press: Press, open_context: OpenContext, script: str
) -> None:
    async with Teller(press.url) as teller, Proxy(press.port) as proxy:
        page = await open_chat(open_context, proxy.url, script, teller)
        await say(page)
        run_id = await see_begin(page)
        for _ in range(3):
            async with page.expect_response(lambda answered: answered.url.endswith("/stream")):
                await proxy.cut_all()
        press.open_gate()
        await see_whole(page, teller)

        assert await answer(page).get_attribute("id") == run_id


BEHIND_THE_HEADS = 1_000
"""Bytes; Chromium takes an answer's head that is cut short for a whole one without a body, and tells nobody."""


async def test_a_chat_that_is_cut_off_at_any_byte_has_its_text_once(
    press: Press, open_context: OpenContext, script: str, chance: random.Random, is_soak: bool
) -> None:
    text = "⏵".join(f"wörd{number}🪁 " for number in range(8))
    async with Teller(press.url) as teller:
        for _ in range(100 if is_soak else 3):
            chosen = [Plan(after=chance.randrange(BEHIND_THE_HEADS, 4_000)) for _ in range(3)]
            async with Proxy(press.port, plans(*chosen)) as proxy:
                page = await open_chat(open_context, proxy.url, script, teller)
                await say(page, text)
                await come_back_until_ready(page)
                run = await teller.run(str(await answer(page).get_attribute("id")))
                assert await answer(page).locator(".text").text_content() == run["output"]
                assert run["output"] == text.replace("⏵", "").strip()
                await page.context.close()


async def come_back_until_ready(page: Page) -> None:
    """Do what a person does who sees that the network has failed."""
    async with asyncio.timeout(60):
        while not await page.locator("article.assistant .text:not(:empty)").count():
            if await page.get_by_role("status").text_content() == "error":
                await page.evaluate("() => page.chat.resumeStream()")
            await asyncio.sleep(0.05)
    await expect(page.get_by_role("status")).to_have_text("ready")


async def test_a_chat_that_is_opened_again_goes_on(press: Press, open_context: OpenContext, script: str) -> None:
    async with Teller(press.url) as teller:
        page = await open_chat(open_context, press.url, script, teller)
        await say(page)
        run_id = await see_begin(page)
        await page.reload()
        assert await see_begin(page) == run_id
        press.open_gate()
        await see_whole(page, teller)
        await page.reload()

        await see_whole(page, teller)


async def test_a_cancel_shows_what_was_written_and_that_it_was_cancelled(
    press: Press, open_context: OpenContext, script: str
) -> None:
    async with Teller(press.url) as teller:
        page = await open_chat(open_context, press.url, script, teller)
        await say(page)
        run_id = await see_begin(page)
        await page.evaluate("(id) => void page.cancel(id)", run_id)
        await expect(page.get_by_role("alert")).to_have_text(CANCELLED)
        await see_begin(page)

        assert (await teller.run(run_id))["status"] == "cancelled"


async def test_an_answer_is_written_anew_where_somebody_wants_another(
    press: Press, open_context: OpenContext, script: str
) -> None:
    press.open_gate()
    async with Teller(press.url) as teller:
        page = await open_chat(open_context, press.url, script, teller)
        await say(page)
        await see_whole(page, teller)
        first = await answer(page).get_attribute("id")
        await page.evaluate("() => void page.chat.regenerate()")
        await expect(page.locator(f'article.assistant:not([id="{first}"])')).to_have_count(1)

        await see_whole(page, teller)


async def test_a_completion_has_the_output_and_nothing_before(
    press: Press, open_context: OpenContext, script: str
) -> None:
    async with Teller(press.url) as teller:
        page = await open_chat(open_context, press.url, script, teller)
        before = {run["run_id"] for run in await teller.runs()}
        await page.evaluate("(text) => void page.complete(text)", TEXT)
        await expect(page.get_by_label("Completion", exact=True)).to_have_text("")
        press.open_gate()
        await expect(page.get_by_label("Completion", exact=True)).to_have_text(f"{BEGIN} {END}")
        (run_id,) = {run["run_id"] for run in await teller.runs()} - before

        assert await page.get_by_label("Completion", exact=True).text_content() == (await teller.run(run_id))["output"]


async def test_a_completion_that_fails_says_why(press: Press, open_context: OpenContext, script: str) -> None:
    async with Teller(press.url) as teller:
        page = await open_chat(open_context, press.url, script, teller)
        body = {"run": {"prompt": "note", "limits": {"deadline_seconds": 0.3}}}
        await page.evaluate("([text, body]) => void page.complete(text, { body })", [TEXT, body])

        await expect(page.get_by_label("Completion error")).to_contain_text("limit of time is used up")


DOCS = read_blocks("ai-sdk")
DOC_PAGE = """
import { createRoot } from "react-dom/client";
import { Describer } from "./describer.jsx";
import { Writer } from "./writer.jsx";
createRoot(document.body).render([
  <section key="1" aria-label="Chat"><Writer /></section>,
  <section key="2" aria-label="Completion"><Describer /></section>,
]);
"""
LOGIN = """
export const { token } = window.given;
export const headers = async () => ({ Authorization: `Bearer ${token}` });
"""


async def test_the_components_of_the_docs_work_as_they_are_written(
    galley: GalleyProcess, open_context: OpenContext, tmp_path: Path
) -> None:
    files = {
        "page.jsx": DOC_PAGE,
        "login.js": LOGIN,
        "writer.jsx": DOCS["useChat"],
        "describer.jsx": DOCS["useCompletion"],
    }
    for name, code in files.items():
        (tmp_path / name).write_text(code)
    async with Teller(galley.url) as teller:
        script = await build(tmp_path / "page.jsx", tmp_path / "out.js")
        page = await open_client(await open_context(galley.url), script, token=teller.token)
        await page.get_by_role("button", name="Write").click()
        await expect(page.get_by_label("Chat").locator("pre")).to_have_count(2)
        written = [await see_output(teller, page.get_by_label("Chat").locator("pre").last)]
        await page.get_by_role("button", name="Describe").click()
        written.append(await see_output(teller, page.get_by_label("Completion").locator("pre")))

        assert len(set(written)) == len(await teller.runs()) == 2


async def see_output(teller: Teller, place: Locator) -> str:
    """Wait until the newest run is complete and its output stands there, to the letter."""
    await expect(place).to_contain_text("Oak desk lamps")
    async with asyncio.timeout(30):
        while True:
            run = await teller.run((await teller.runs())[0]["run_id"])
            if run["status"] == "complete" and await place.text_content() == run["output"]:
                return str(run["run_id"])
            await asyncio.sleep(0.05)
