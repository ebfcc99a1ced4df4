"""What a person does at the page, by the names that the page gives to things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from tests.e2e.rig.process import ADMIN_PASSWORD

RUN_ADDRESS = re.compile(r"/#/runs/[0-9a-f-]{36}$")


async def log_in(page: Page) -> None:
    """Open the page and log in as the first user."""
    await page.goto("/")
    await page.get_by_role("textbox", name="Username").fill("admin")
    await page.get_by_label("Password", exact=True).fill(ADMIN_PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("combobox", name="Prompt", exact=True)).to_be_visible()


async def generate(page: Page, prompt: str, **fields: str) -> str:
    """Fill in the ticket, press the button and return the new run's id."""
    before = page.url
    await page.get_by_role("combobox", name="Prompt", exact=True).select_option(label=prompt)
    for name, value in fields.items():
        await page.get_by_role("textbox", name=name.capitalize(), exact=True).fill(value)
    await page.get_by_role("button", name="Generate").click()
    await page.wait_for_url(lambda url: url != before and RUN_ADDRESS.search(url) is not None)
    return page.url.rpartition("/")[2]


def draft(page: Page) -> Locator:
    """Return the region of the draft."""
    return page.get_by_role("region", name="Draft")


def output(page: Page) -> Locator:
    """Return the region of the output."""
    return page.get_by_role("region", name="Output")


def bar(page: Page) -> Locator:
    """Return the one progress bar."""
    return page.get_by_role("progressbar")


async def see_end(page: Page) -> None:
    """Wait until the run has ended well."""
    await expect(bar(page)).to_have_attribute("aria-valuenow", "100")
    await expect(output(page)).to_be_visible()


class Teller:
    """Asks the server beside the page, to see what is really there; use it as a context."""

    def __init__(self, url: str) -> None:
        # The server closes what is idle for five seconds, as httpx does by itself: whoever is later would meet the end.
        self._http = httpx.AsyncClient(base_url=url, timeout=20, limits=httpx.Limits(keepalive_expiry=2))
        self.token = ""

    async def __aenter__(self) -> Teller:
        answer = await self._http.post("/auth/login", json={"username": "admin", "password": ADMIN_PASSWORD})
        self.token = str(answer.json()["access_token"])
        self._http.headers["Authorization"] = f"Bearer {self.token}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def run(self, run_id: str) -> dict[str, Any]:
        """Return a run's record."""
        answer = await self._http.get(f"/runs/{run_id}")
        return dict(answer.raise_for_status().json())

    async def runs(self) -> list[dict[str, Any]]:
        """Return the newest runs."""
        return list((await self._http.get("/runs", params={"limit": 100})).raise_for_status().json()["runs"])

    async def start(self, prompt: str, inputs: Mapping[str, Any]) -> str:
        """Start a run and return its id at once."""
        headers = {"Prefer": "respond-async"}
        answer = await self._http.post("/run", json={"prompt": prompt, "inputs": inputs}, headers=headers)
        return str(answer.raise_for_status().json()["run_id"])

    async def finish(self, prompt: str, inputs: Mapping[str, Any]) -> str:
        """Carry out a run to its end and return its id."""
        answer = await self._http.post("/run", json={"prompt": prompt, "inputs": inputs})
        return str(answer.raise_for_status().json()["run_id"])
