"""GET /docs: the built reference, or how to build it."""

from __future__ import annotations

from pathlib import Path

from entrypoints.http.page import PAGE_POLICY
from tests.entrypoints.arrangement import House, open_house


async def test_the_built_reference_is_served_under_the_pages_policy(tmp_path: Path) -> None:
    (tmp_path / "docs.html").write_text("<!doctype html><title>Galley API</title>")
    async with open_house(page=tmp_path) as house:
        answer = await house.ask("GET", "/docs", {})

    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "text/html", "no-cache")
    policy = answer.headers["Content-Security-Policy"]
    assert policy == PAGE_POLICY.replace("dompurify", "dompurify reference default")


async def test_without_a_built_one_it_says_how_to_build_it(house: House) -> None:
    answer = await house.ask("GET", "/docs", {})
    text = (await answer.get_data()).decode()

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "make page" in text
    assert 'href="openapi.json"' in text
    assert "<script" not in text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
