"""Three hundred ways to run or load something: what the HTML format writes is within its allow-list all the same."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.content.exports import export_output
from domain.content.formats import format_text

VECTORS = json.loads((Path(__file__).parents[3] / "fixtures" / "xss.json").read_text())["vectors"]
REMOTE = frozenset({"images.example.org"})
BLOCKS = {"blockquote", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "section", "ul"}
TABLES = {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}
WORDS = {"a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small", "span", "u"}
TAGS = BLOCKS | TABLES | WORDS | {"strong", "sub", "sup"}
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "rel"},
    "abbr": {"title"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}


class Reader(HTMLParser):
    """Gathers what stands outside of the allow-list."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.images.append(given.pop("src", "") or "")
            self.faults += [f"img {name}" for name in given if name not in ("alt", "title", "width", "height")]
            return
        if tag not in TAGS:
            self.faults.append(tag)
        self.faults += [f"{tag} {name}" for name in given if name not in ATTRIBUTES.get(tag, set()) | {"lang"}]
        if urlsplit(given.get("href") or "").scheme not in ("", "http", "https", "mailto", "tel"):
            self.faults.append(f"href {given['href']}")
        if tag == "a" and given.get("rel") != "noopener noreferrer":
            self.faults.append("a without rel")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


def test_there_are_three_hundred() -> None:
    assert len(set(VECTORS)) >= 300


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_runs_or_loads(vector: str) -> None:
    for text in (vector, f"a\n\n{vector}\n\nb", f"<p>{vector}</p>", f"<div>{vector}</div>"):
        formatted = format_text(text, "html")
        found = read(formatted)
        assert (found.faults, found.images) == ([], [])
        assert format_text(formatted, "html") == formatted


@pytest.mark.parametrize("vector", VECTORS)
def test_with_hosts_for_images_nothing_else_comes_in(vector: str) -> None:
    found = read(format_text(f"<p>{vector}</p>", "html", remote=REMOTE))

    assert (found.faults, found.images) == ([], [])


def test_an_exported_page_holds_nothing_of_it() -> None:
    for vector in VECTORS:
        for output_format in ("markdown", "html", "text", "json"):
            page = export_output(vector, output_format, "html", title=vector).data.decode()
            assert page.count("<title>") == page.count("<body>") == 1
            assert read(page.partition("<body>")[2].partition("</body>")[0]).faults == []


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("![x](https://images.example.org/a.png)", ["https://images.example.org/a.png"]),
        ('<p><img src="https://IMAGES.example.org/a?b=c&amp;d" alt="x"></p>', ["https://IMAGES.example.org/a?b=c&d"]),
        ("![x](http://images.example.org/a.png)", []),
        ("![x](https://images.example.org:8443/a.png)", []),
        ("![x](https://images.example.org@evil.example/a.png)", []),
        ("![x](https://images.example.org.evil.example/a.png)", []),
        ("![x](https://evil.example/https://images.example.org/)", []),
        ('<p><img src="https://images.example.org\\@evil.example/"></p>', []),
        ('<p><img src="//images.example.org/a.png" alt="x"></p>', []),
        ('<p><img srcset="https://images.example.org/a.png 2x"></p>', []),
    ],
)
def test_images_load_from_the_hosts_that_the_set_names_alone(text: str, images: list[str]) -> None:
    formatted = format_text(text, "html", remote=REMOTE)

    assert read(formatted).images == images
    assert format_text(formatted, "html", remote=REMOTE) == formatted


def test_without_hosts_no_image_loads() -> None:
    assert read(format_text("![x](https://images.example.org/a.png)", "html")).images == []


def test_the_reader_of_this_test_sees_what_it_looks_for() -> None:
    seen: Any = read('<p onclick=x>a</p><script></script><!--x--><img src="y"><a href="javascript:z">b</a>')

    assert seen.faults == ["p onclick", "script", "comment x", "href javascript:z", "a without rel"]
    assert seen.images == ["y"]
