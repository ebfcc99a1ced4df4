"""Odd texts for laws that hold for every text."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

FRAGMENTS = (
    *(
        "*",
        "**",
        "_",
        "`",
        "```",
        "~~~",
        "\n",
        "\n\n",
        " ",
        "    ",
        "\t",
        "# ",
        "## ",
        "- ",
        "1. ",
        "> ",
        "[",
        "]",
        "(",
        ")",
    ),
    *("[a](b)", "![i](u)", "<", ">", "<p>", "</p>", "<b>", "</b>", "<br>", "<script>", "<img src=x onerror=y>", "<!--"),
    *("<pre>", "</pre>", "<code>", "</code>", "<h1>", "</h1>", "<h2 id=x>", "</h2>", "&amp;", "&lt;", "&#x3c;", "\\"),
    *(
        "---",
        "===",
        "|",
        "a",
        "word",
        "oak",
        "Oak",
        "X" * 4,
        "TODO",
        "[your name]",
        "{{ x }}",
        "{% if x %}",
        "{",
        "}",
        '"',
    ),
    *('{"a": 1}', "[1, 2,]", ",", ":", "\x00", "\r", "\r\n", "\ud800", "\udfff", "\u200f", "\u202e", "\U0001f600", "é"),
    *(
        "你好",
        "e\u0301",
        "\u2028",
        "\xa0",
        "\ufeff",
        "Here is your text:",
        "http://a.b",
        "in\nconclusion",
        "-",
        "1",
        "$",
    ),
)
ANY_TEXT = st.one_of(
    st.text(st.characters()),
    st.text(st.characters(categories=["Cs", "Cc", "Zs", "Po"])),
    st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join),
)
FEW = settings(max_examples=80, deadline=None, derandomize=True)
"""The same examples each time: what is found by chance belongs in a test of its own."""
