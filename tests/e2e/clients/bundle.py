"""Pages made of other people's clients: built by esbuild, and laid over a server's own origin."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from tests.e2e.clients.node import CLIENTS

SCRIPT = '<script type="module" src="/client.js"></script>'
PAGE = f'<!doctype html><html lang="en"><title>Client</title><body>{SCRIPT}</body></html>'


async def build(entry: Path, target: Path) -> str:
    """Return an entry and all that it imports as one script; packages are those of tests/clients."""
    command = [
        str(CLIENTS / "node_modules/.bin/esbuild"),
        str(entry),
        "--bundle",
        "--format=esm",
        "--jsx=automatic",
        "--log-level=error",
        '--define:process.env.NODE_ENV="production"',
        f"--outfile={target}",
    ]
    environment = os.environ | {"NODE_PATH": str(CLIENTS / "node_modules")}
    await asyncio.to_thread(subprocess.run, command, check=True, cwd=CLIENTS, env=environment)
    return target.read_text()


async def open_client(context: BrowserContext, script: str, **given: str) -> Page:
    """Open a page of that script on the server's origin; it finds what is given as `window.given`."""
    await context.add_init_script(f"window.given = {json.dumps(given)}")
    await context.route("**/client.html", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    await context.route("**/client.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page = await context.new_page()
    await page.goto("/client.html")
    return page
