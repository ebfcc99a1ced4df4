"""docs/clients.md: every block runs as it is written, and ends with the text of a run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from attrs import frozen
from playwright.async_api import Browser

from tests.e2e.clients.native_node import CLIENTS
from tests.e2e.rig.process import ADMIN_PASSWORD, ROOT, GalleyProcess

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
PAGE = (ROOT / "docs" / "clients.md").read_text()
LOGIN, *SECTIONS = PAGE.split("\n## ")
MOST_LINES = 10
END = "# Sample: Oak desk lamps"
IN_BROWSER = "`token` is an access token"
PATIENCE_SECONDS = 60

in_one_loop = pytest.mark.asyncio(loop_scope="session")


@frozen
class Block:
    """One client as the page shows it."""

    heading: str
    language: str
    code: str
    is_for_browser: bool

    @property
    def lines(self) -> int:
        """Count what somebody has to write: neither imports nor empty lines."""
        words = ("import ", "from ")
        return sum(bool(line.strip()) and not line.startswith(words) for line in self.code.splitlines())


def read_block(text: str) -> tuple[str, str]:
    """Return the language and the code of the first block of a text."""
    found = BLOCK.search(text)
    assert found is not None, f"no block in {text[:40]!r}"
    return found[1], found[2]


BLOCKS = [Block(text.partition("\n")[0], *read_block(text), IN_BROWSER in text) for text in SECTIONS]
PROGRAMS = [block for block in BLOCKS if not block.is_for_browser]
PAGES = [block for block in BLOCKS if block.is_for_browser]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GalleyProcess]:
    env = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "0"}
    async with GalleyProcess(data=tmp_path_factory.mktemp("page"), env=env) as server:
        yield server


@pytest.fixture(scope="module")
def environment(server: GalleyProcess) -> dict[str, str]:
    """Log in with the page's own first block, at this server."""
    given = {**os.environ, "PASSWORD": ADMIN_PASSWORD, "URL": server.url, "NO_PROXY": "*"}
    login = read_block(LOGIN)[1].replace("export URL=http://127.0.0.1:8000\n", "") + "\nprintf %s $TOKEN"
    token = subprocess.run(["bash", "-euc", login], env=given, check=True, capture_output=True, text=True).stdout
    return {**given, "TOKEN": token}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder where every package that the page imports can be found."""
    folder = tmp_path_factory.mktemp("workshop")
    modules = folder / "node_modules"
    own = modules / "@galley" / "client"
    own.mkdir(parents=True)
    (own / "package.json").write_text(json.dumps({"type": "module", "exports": "./index.js"}))
    command = ["node_modules/.bin/rolldown", "src/client/index.ts", "--format", "esm", "--file", str(own / "index.js")]
    subprocess.run(command, cwd=ROOT / "frontend", check=True, capture_output=True)
    for name in ("eventsource", "eventsource-parser", "@microsoft"):
        (modules / name).symlink_to(CLIENTS / "node_modules" / name)
    return folder


def name_of(block: Block) -> str:
    return block.heading


def test_the_page_shows_every_client_in_ten_lines() -> None:
    assert len(BLOCKS) == 12
    assert {block.heading: block.lines for block in BLOCKS if block.lines > MOST_LINES} == {}


def test_the_table_of_the_page_leads_to_every_client() -> None:
    anchors = {re.sub(r"[^\w -]", "", block.heading.lower()).replace(" ", "-") for block in BLOCKS}

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) == anchors


@in_one_loop
@pytest.mark.parametrize("block", PROGRAMS, ids=name_of)
async def test_a_program_of_the_page_runs_as_it_is_written(
    environment: dict[str, str], workshop: Path, block: Block
) -> None:
    runner, ending = {"sh": ("bash", "sh"), "python": (sys.executable, "py"), "js": ("node", "mjs")}[block.language]
    script = workshop / f"block.{ending}"
    script.write_text(block.code)

    process = await asyncio.create_subprocess_exec(
        runner,
        script.name,
        cwd=workshop,
        env=environment,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        written, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert (process.returncode, errors.decode()) == (0, "")
    assert END in written.decode()


@in_one_loop
@pytest.mark.parametrize("block", PAGES, ids=name_of)
async def test_a_script_of_the_page_runs_in_a_browser_as_it_is_written(
    environment: dict[str, str], workshop: Path, chromium: Browser, block: Block
) -> None:
    (workshop / "page.mjs").write_text(block.code)
    command = [CLIENTS / "node_modules/.bin/esbuild", "page.mjs", "--bundle", "--format=esm", "--outfile=page.js"]
    subprocess.run(command, cwd=workshop, check=True, capture_output=True)
    script = (workshop / "page.js").read_text()
    context = await chromium.new_context(base_url=environment["URL"])
    try:
        await context.add_init_script(f"window.token = {json.dumps(environment['TOKEN'])}")
        await context.route("**/page.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
        html = '<!doctype html><title>Page</title><pre></pre><script type="module" src="/page.js"></script>'
        await context.route("**/page.html", lambda route: route.fulfill(body=html, content_type="text/html"))
        page = await context.new_page()
        async with page.expect_console_message(lambda line: END in line.text, timeout=PATIENCE_SECONDS * 1000):
            await page.goto("/page.html")
    finally:
        await context.close()
