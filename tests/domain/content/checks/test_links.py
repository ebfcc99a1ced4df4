from typing import Any

import pytest

from domain.content.checks.links import LinksCheck
from domain.content.finding import Finding, Place

WHOLE = "which is no whole address: write it out with https://, or take the link out and keep its words."
BROKEN = "whose address is broken: write it like https://example.org/page, or take the link out."


def judge(text: str, **options: Any) -> list[str]:
    return [finding.message for finding in LinksCheck(**options).judge(text)]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ('See [it](https://www.example.org/a_(b)?c=d#e "Title").', {"hosts": ["example.org"]}),
        ("<https://example.org> and www.example.org.", {"hosts": ["example.org"], "min": 2, "max": 2}),
        ('<a href="https://example.org/?a=1&amp;b=2">x</a>', {"hosts": ["example.org"]}),
        ("[mail](mailto:a@b.c) [call](tel:+123)", {}),
        ("[a][1]\n\n[1]: https://example.org", {"hosts": ["example.org"], "max": 1}),
        ("[a](/prices) [b](#top)", {"relative": True}),
        ("`[a](http://evil.com)`\n\n```\nhttp://evil.com\n```", {"hosts": ["example.org"]}),
        ("no links = none", {"max": 0}),
    ],
)
def test_sound_links_pass(text: str, options: dict[str, Any]) -> None:
    assert judge(text, **options) == []


@pytest.mark.parametrize(
    ("target", "options", "wrong"),
    [
        ("", {}, "which leads nowhere: give its address, or take the link out and keep its words."),
        ("prices.html", {}, WHOLE),
        ("//evil.com", {"relative": True}, WHOLE),
        (
            "javascript:alert",
            {},
            "which begins with javascript: and may not: use https or http or mailto or tel, or take the link out.",
        ),
        (
            "http://a.org",
            {"schemes": ["https"]},
            "which begins with http: and may not: use https, or take the link out.",
        ),
        ("mailto:nobody", {}, "which is no whole address: complete it, or take the link out."),
        ("https://", {}, BROKEN),
        ("https://good.org@evil.com", {"hosts": ["good.org"]}, BROKEN),
        ("https://evil.com\\good.org", {"hosts": ["good.org"]}, BROKEN),
        ("https://[1", {}, BROKEN),
        ("https://a.org:99999", {}, BROKEN),
        (
            "https://notgood.org/good.org",
            {"hosts": ["good.org"]},
            "which is on notgood.org: link to good.org only, or take the link out and keep its words.",
        ),
    ],
)
def test_a_finding_says_what_is_wrong_with_a_link(target: str, options: dict[str, Any], wrong: str) -> None:
    assert judge(f"[words]({target})", **options) == [f'has a link to "{target}", {wrong}']


def test_the_number_of_links_is_bounded() -> None:
    text = "https://a.org\nhttps://b.org"

    assert judge("", min=2) == ["has 0 links, 2 too few: link to at least 2."]
    assert LinksCheck(max=1).judge(text) == (
        Finding(
            check="links",
            message="has 2 links, 1 too many: keep at most 1.",
            where=Place(line=2, column=1, quote="https://b.org"),
        ),
    )
    assert judge("https://a.org", min=2) == ["has 1 link, 1 too few: link to at least 2."]


def test_a_bad_link_is_seen_while_the_text_grows_when_its_line_has_ended() -> None:
    check = LinksCheck(hosts=("good.org",), on="draft")

    assert check.scan("[a](http://evil.com)", 0) is None
    assert check.scan("[a](http://evil.com)\nand", 0) == check.judge("[a](http://evil.com)\n")[0]
    assert check.scan("<code>\n[a](http://evil.com)\n", 0) is None
    assert check.scan("[a](http://evil.com)\n", 21) is None
