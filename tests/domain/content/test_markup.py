import pytest

from domain.content.markup import Heading, blank_code, find_headings


def titles(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.title) for heading in find_headings(text)]


def test_headings_of_markdown() -> None:
    assert titles("# One\n\ntext # no\n\n  ### *Three* `x` ##\n#no\n####### no\n    # no\n") == [
        (1, "One"),
        (3, "Three x"),
    ]


def test_headings_of_html() -> None:
    assert titles("<h1>One</h1><p>x</p><H2 class='a'>Two &amp; <b>three</b>\n</H2>") == [(1, "One"), (2, "Two & three")]


def test_a_heading_has_its_place() -> None:
    assert find_headings("a\n\n## b") == (Heading(level=2, title="b", start=3, end=7),)


def test_headings_in_code_are_none() -> None:
    assert titles("```\n# a\n```\n~~~~ py\n# b\n~~~\n# c\n~~~~\n<pre># d\n<h1>e</h1></pre>\n# f") == [(1, "f")]


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("a `b` c", "a     c"),
        ("``a``b", "``a``b".replace("`a`", "   ")),
        ("a ` b", "a ` b"),
        ("x\n```py\ncode\n```\ny", "x\n     \n    \n   \ny"),
        ("```\nopen to the end", "   \n               "),
        ("```` \n```\n````\nb", "     \n   \n    \nb"),
        ("```a`\nno block", "``   \nno block"),
        ("<code>a</code> b", "       </code> b"),
        ("<pre><code>a</code></pre>b", "                   </pre>b"),
        ("<code>never closed", "<code>never closed"),
        ("</code>a", "</code>a"),
        ("<PRE class=x\n>a</Pre >b", "            \n  </Pre >b"),
        ("<prefix>a</prefix><code_>b</code_>", "<prefix>a</prefix><code_>b</code_>"),
        ("<pre<b>a</pre>", "<pre<b>a</pre>"),
        ("<code", "<code"),
        ("a < b", "a < b"),
        ("\ud800`a`", "\ufffd   "),
    ],
)
def test_code_is_blanked_and_everything_else_keeps_its_place(text: str, blanked: str) -> None:
    assert blank_code(text) == blanked
    assert len(blank_code(text)) == len(text)
