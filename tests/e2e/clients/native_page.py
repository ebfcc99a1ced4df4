"""Clients in Chromium: a page of the service's own origin that holds nothing but them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

from attrs import asdict
from playwright.async_api import Browser, Page

from tests.e2e.clients.laws import EVENT_TYPES, Job, Told
from tests.e2e.clients.native_node import CLIENTS

PAGE = '<!doctype html><html lang="en"><title>Clients</title></html>'


@cache
def build(program: str) -> str:
    """Return a program of tests/clients and all that it imports as one script."""
    command = ["node_modules/.bin/esbuild", program, "--bundle", "--format=iife", "--log-level=error"]
    return subprocess.run(command, cwd=CLIENTS, check=True, capture_output=True, text=True).stdout


@asynccontextmanager
async def open_page(chromium: Browser, url: str) -> AsyncIterator[Page]:
    """Open a page at that origin without asking there for it."""
    context = await chromium.new_context(base_url=url)
    try:
        await context.add_init_script(await asyncio.to_thread(build, "browser.mjs"))
        await context.route("**/clients.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page = await context.new_page()
        await page.goto("/clients.html")
        yield page
    finally:
        await context.close()


async def follow_all(page: Page, way: str, url: str, token: str, jobs: Sequence[Job]) -> list[Told]:
    """Follow every job in the page, each to its end."""
    given = [way, {"url": url, "token": token, "types": EVENT_TYPES}, [asdict(job) for job in jobs]]
    return [Told(**told) for told in await page.evaluate("(given) => window.followAll(...given)", given)]
