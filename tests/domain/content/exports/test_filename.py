"""Names of files: fit for every file system and for HTTP's header."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from domain.content.exports.filename import describe_download, make_filename
from tests.domain.content.texts import ANY_TEXT, FEW


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Oak desk lamp", "Oak desk lamp.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ("a\\b:c*d?e", "a b c d e.md"),
        ("...", "blog-post.md"),
        ("", "blog-post.md"),
        ("CON", "CON text.md"),
        ("nul.txt", "nul.txt text.md"),
        ("gnp.\u202eexe", "gnp.exe.md"),
        ("a\x00\x1b[31mb", "a[31mb.md"),
        ("a\u200bb", "ab.md"),
        ("größe 你好", "größe 你好.md"),
        ("=cmd|' /C calc'!A0", "=cmd ' C calc'!A0.md"),
        ("x" * 200, "x" * 80 + ".md"),
    ],
)
def test_a_title_becomes_a_name_for_every_file_system(title: str, name: str) -> None:
    assert make_filename(title, "md", fallback="blog-post") == name


def test_a_title_and_a_fallback_of_nothing_still_make_a_name() -> None:
    assert make_filename("/", "md", fallback="..") == "output.md"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.md", "attachment; filename=\"a b.md\"; filename*=UTF-8''a%20b.md"),
        ("größe.md", "attachment; filename=\"groe.md\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.md"),
        ("你好.md", "attachment; filename=\"output.md\"; filename*=UTF-8''%E4%BD%A0%E5%A5%BD.md"),
    ],
)
def test_a_download_has_its_name_in_ascii_and_in_utf_8(name: str, header: str) -> None:
    assert describe_download(name).replace('"gro', '"gro') == header


@FEW
@given(ANY_TEXT, st.sampled_from(["md", "docx"]))
def test_any_title_makes_a_header_of_one_line_that_says_the_name(title: str, extension: str) -> None:
    name = make_filename(title, extension, fallback="blog-post")

    kind, names = parse_options_header(describe_download(name))
    assert describe_download(name).isprintable()
    assert (kind, names) == ("attachment", {"filename": name})
    assert not any(unicodedata.category(character).startswith("C") for character in name)
    assert 0 < len(name) <= 80 + len(" text.") + len(extension)
