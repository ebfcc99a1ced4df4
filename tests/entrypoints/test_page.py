"""GET / and the files of the page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.entrypoints.arrangement import House, open_house


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    page = tmp_path / "dist"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Galley</title>")
    (page / "favicon.svg").write_text("<svg/>")
    (page / "assets" / "app-1a2b.js").write_text("export {}")
    (page / "assets" / ".hidden").write_text("hidden")
    (tmp_path / "secret").write_text("secret")
    (page / "assets" / "link.js").symlink_to(tmp_path / "secret")
    return page


@pytest.fixture
async def built(folder: Path) -> AsyncIterator[House]:
    async with open_house(page=folder) as house:
        yield house


async def test_the_built_page_is_shown_and_asked_for_again_each_time(built: House) -> None:
    answer = await built.ask("GET", "/", {})

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert "unsafe" not in " ".join(policy.values())
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["img-src"], policy["connect-src"]) == ("'self' data:", "'self'")
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "dompurify")
    assert b"<title>Galley</title>" in await answer.get_data()


async def test_built_files_are_kept_for_good(built: House) -> None:
    answer = await built.ask("GET", "/assets/app-1a2b.js", {})

    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_that_has_not_changed_is_not_sent_again(built: House) -> None:
    tag = (await built.ask("GET", "/favicon.svg", {})).headers["ETag"]

    answer = await built.ask("GET", "/favicon.svg", {"If-None-Match": tag})

    assert (answer.status_code, await answer.get_data()) == (304, b"")


@pytest.mark.parametrize("part", ["bytes=0-1", "bytes=-5", "bytes=-99999", "bytes=9-1", "bytes=0-0,2-3", "lines=1"])
async def test_a_part_of_a_file_is_all_of_it(built: House, part: str) -> None:
    answer = await built.ask("GET", "/favicon.svg", {"Range": part})

    assert (answer.status_code, await answer.get_data()) == (200, b"<svg/>")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret",
        "/assets/..%2f..%2fsecret",
        "/assets/%2e%2e/%2e%2e/secret",
        "/assets/..%5c..%5csecret",
        "/assets/....//....//secret",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/app-1a2b.js%00.css",
        "/assets/%c0%ae%c0%ae/secret",
        "/assets/.hidden",
        "/assets/link.js",
        "/assets/",
        "/assets",
        "/assets/.",
        "/index.html",
        "/../secret",
        "//secret",
        "/assets/%0d%0aX-Injected:%20y",
        "/favicon.ico",
    ],
)
async def test_nothing_but_the_pages_own_files_is_served(built: House, path: str) -> None:
    answer = await built.ask("GET", path, {})

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert "X-Injected" not in answer.headers


async def test_without_a_built_page_a_welcome_says_what_to_do(house: House) -> None:
    answer = await house.ask("GET", "/", {})
    text = (await answer.get_data()).decode()

    assert "http://127.0.0.1:8000/auth/login" in text
    assert "http://127.0.0.1:8000/run/stream" in text
    assert "openapi.json" in text
    assert "make page" in text
    assert "<script" not in text
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; frame-ancestors 'none'",
        answer.headers["Content-Security-Policy"],
    )
    assert (await house.ask("GET", "/assets/app.js", {})).status_code == 404
