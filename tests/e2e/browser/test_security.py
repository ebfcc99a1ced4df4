"""What the page keeps secret, and what a page of somebody else can't do with its cookie."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.browser.conftest import OpenPage
from tests.e2e.browser.desk import Teller, draft, generate, log_in, see_end
from tests.e2e.browser.journal import Journal
from tests.e2e.browser.press import Press
from tests.e2e.rig.process import find_free_port

STORED = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, name])"
JWT = re.compile(r"eyJ[\w-]+\.")
FORM = """<!doctype html><form method=post action="{action}" enctype="text/plain"><input name='{name}' value='{value}'>
<button>Win a lamp</button></form>"""
SEND = """async ([url, headers, body]) => {
  const how = headers === null ? {mode: "no-cors"} : {mode: "cors", headers};
  return fetch(url, {method: "POST", credentials: "include", body, ...how}).then(() => "sent", () => "refused");
}"""


async def read_cookie(context: BrowserContext) -> str:
    return next(cookie["value"] for cookie in await context.cookies() if cookie["name"] == "galley_refresh")


async def test_tokens_are_in_no_address_and_no_storage(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(press.url)
    async with page.expect_response("**/auth/login") as logging_in:
        await log_in(page)
    tokens = await (await logging_in.value).json()
    run_id = await generate(page, "Note", words="Kites rise ⏸and fall.")
    await expect(draft(page)).to_contain_text("Kites rise")
    second = await page.context.new_page()
    await second.goto(f"/#/runs/{run_id}")
    press.open_gate()
    await see_end(second)
    await see_end(page)
    stored = "".join([await each.evaluate(STORED) for each in (page, second)])
    secrets = [tokens["access_token"], await read_cookie(page.context)]
    said = [*(request.url for request in journal().requests), *journal().console, stored]

    assert "refresh_token" not in tokens
    assert [text for text in said if JWT.search(text) or any(secret in text for secret in secrets)] == []
    assert all(
        "referer" not in request.headers or "?" not in request.headers["referer"] for request in journal().requests
    )
    assert all(secret not in press.stdout + press.stderr for secret in secrets)


async def test_the_refresh_cookie_is_for_no_script_and_no_other_site(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url)
    await log_in(page)
    [cookie] = await page.context.cookies()

    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/auth")


async def test_the_page_is_served_with_a_policy_that_runs_nothing_inline(press: Press, open_page: OpenPage) -> None:
    page = await open_page(press.url)
    answer = await page.goto("/")
    assert answer is not None
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))

    assert "unsafe" not in str(policy)
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["connect-src"], policy["img-src"], policy["frame-ancestors"]) == ("'self'", "'self' data:", "'none'")


async def test_a_script_written_into_the_page_does_not_run(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(press.url)
    await page.goto("/")
    stopped = await page.evaluate(
        """() => {
          try { document.body.innerHTML = "<img src=x onerror='window.ran = true'>"; return false; }
          catch { return true; }
        }"""
    )
    assert (stopped, await page.evaluate("() => window.ran === true")) == (True, False)
    assert len(journal().violations) == 1
    journal().console.clear()


async def open_strange_page(page: Page, markup: str, journal: Journal) -> None:
    """Show a page of another origin on the same host: to the browser the same site, so that it sends the cookie."""
    origin = f"http://127.0.0.1:{find_free_port()}"
    journal.origins.add(origin)
    await page.context.route(f"{origin}/", lambda route: route.fulfill(content_type="text/html", body=markup))
    await page.goto(f"{origin}/")


async def test_a_page_of_another_origin_changes_nothing_with_the_cookie(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(press.url)
    await log_in(page)
    before = await read_cookie(page.context)
    strange = await page.context.new_page()
    await open_strange_page(strange, "<!doctype html><title>Lamps</title>", journal())
    json = {"Content-Type": "application/json"}
    body = '{"prompt": "note", "inputs": {"words": "stolen"}}'
    async with Teller(press.url) as teller:
        runs = await teller.runs()
        for path, sent in (("/auth/refresh", None), ("/auth/logout", None), ("/run", body), ("/run/stream", body)):
            for headers in (None, json):
                await strange.evaluate(SEND, [press.url + path, headers, sent])
        assert await teller.runs() == runs
    asked = [
        await request.all_headers()
        for request in journal().asked("POST", "/auth/")
        if request.frame == strange.main_frame
    ]

    assert sum("galley_refresh" in headers.get("cookie", "") for headers in asked) >= 2, "nothing was tried"
    assert await read_cookie(page.context) == before
    await page.reload()
    await expect(page.get_by_role("button", name="Generate")).to_be_visible()


async def test_a_form_of_another_origin_changes_nothing_either(
    press: Press, open_page: OpenPage, journal: Callable[[], Journal]
) -> None:
    page = await open_page(press.url)
    await log_in(page)
    before = await read_cookie(page.context)
    strange = await page.context.new_page()
    for path in ("/auth/refresh", "/auth/logout", "/run"):
        form = FORM.format(action=press.url + path, name='{"prompt": "note", "inputs": {"words": "', value='"}}')
        await open_strange_page(strange, form, journal())
        async with strange.expect_navigation() as leaving:
            await strange.get_by_role("button", name="Win a lamp").click()
        answer = await leaving.value
        assert answer is not None
        assert answer.status in (401, 403, 415), urlsplit(answer.url).path

    assert await read_cookie(page.context) == before
    await page.reload()
    await expect(page.get_by_role("button", name="Generate")).to_be_visible()
