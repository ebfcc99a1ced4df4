import pytest

from domain.content.checks.markdown import MarkdownCheck
from domain.content.finding import Finding, Place

SOUND = (
    "# T\n\n## A\n\n### B\n\n## C #1\n\n| a | b |\n|---|---|\n| 1 | \\| |\n\n"
    "end [x][y] [z][] [f][^1] a|b\n\n[y]: u\n[z]: u\n"
)


def test_sound_markdown_passes() -> None:
    assert MarkdownCheck().judge(SOUND) == ()
    assert MarkdownCheck().judge("```\n## a\n<p>\n```\n") == ()
    assert MarkdownCheck().judge("---\n|a|b|\n|-|-|") == ()


@pytest.mark.parametrize(
    ("text", "line", "rule", "message"),
    [
        ("a\n\n~~~\nb", 3, "open_code", "has a code block that is not closed: close it with the marks that open it."),
        ("a\n\n## \n", 3, "empty_heading", "has a heading without words: give it some, or take it out."),
        (
            "# a\n\n# b",
            3,
            "second_title",
            "has a second heading of level 1: make it level 2, since a text has one title.",
        ),
        ("# a\n\n### b", 3, "skipped_level", "goes from a heading of level 1 to level 3: make this level 2."),
        (
            "a\n\n##b",
            3,
            "unspaced_heading",
            "has a heading that is shown as plain text: put a space behind its #.",
        ),
        (
            "|a|b|\n|-|-|\n|1|",
            3,
            "uneven_table",
            "has a table row of 1 cell in a table of 2 columns: give every row 2 cells.",
        ),
        (
            "|a|\n|-|-|\n|1|2|\n|-|-|\n",
            1,
            "uneven_table",
            "has a table row of 1 cell in a table of 2 columns: give every row 2 cells.",
        ),
        (
            "|-|-|\n|1|",
            2,
            "uneven_table",
            "has a table row of 1 cell in a table of 2 columns: give every row 2 cells.",
        ),
        (
            "a\n\n[b][c]",
            3,
            "unknown_reference",
            'refers to "c", which is defined nowhere: write [c]: and its address at the end.',
        ),
        ("a\n\n<b>c", 3, "html", "has an HTML tag: write it as Markdown, or take it out."),
    ],
)
def test_a_fault_of_structure_is_told_unless_it_is_allowed(text: str, line: int, rule: str, message: str) -> None:
    found = MarkdownCheck().judge(text)

    assert [(finding.message, finding.where and finding.where.line) for finding in found] == [(message, line)]
    assert MarkdownCheck(allow=(rule,)).judge(text) == ()


def test_faults_are_told_in_the_order_of_the_text() -> None:
    assert MarkdownCheck().judge("<b>\n\n## \n")[0] == Finding(
        check="markdown",
        message="has an HTML tag: write it as Markdown, or take it out.",
        where=Place(line=1, column=1, quote="<b>"),
    )
