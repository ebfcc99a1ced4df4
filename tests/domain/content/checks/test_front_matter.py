import pytest

from domain.content.checks.front_matter import FrontMatterCheck
from domain.content.finding import Finding, Place

CHECK = FrontMatterCheck(required=("title",), schema={"properties": {"date": {"type": "string", "format": "date"}}})


def find(text: str) -> list[tuple[str, int | None]]:
    return [(finding.message, finding.where and finding.where.line) for finding in CHECK.judge(text)]


def test_sound_front_matter_passes() -> None:
    assert CHECK.judge("---\ntitle: A\ndate: 2026-01-31\n---\n\nText") == ()
    assert FrontMatterCheck().judge("---\n---\nText") == ()


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            "# Text",
            "does not begin with front matter: write a line ---, the values as YAML, and a line --- first.",
            1,
        ),
        (
            "---\ntitle: a",
            "does not begin with front matter: write a line ---, the values as YAML, and a line --- first.",
            1,
        ),
        ("---\ntitle: ''\n---\n", 'has front matter without "title": add title: and its value.', 1),
        ("---\n- a\n---\n", "has front matter that is no names and values: write one name: value a line.", 2),
        (
            "---\ntitle: a\ndate: soon\n---\n",
            "has front matter in which date must be a date like 2026-01-31.",
            3,
        ),
        (
            "---\ntitle: a: b\n---\n",
            "has front matter that is not valid YAML at column 9: "
            "a text with a colon and a space must stand in quotes.",
            2,
        ),
        (
            "---\n" + "a" * 16_001 + "\n---\n",
            "has front matter of 16,001 characters: cut it to at most 16,000.",
            1,
        ),
    ],
)
def test_a_finding_says_where_and_what_to_do(text: str, message: str, line: int) -> None:
    assert find(text) == [(message, line)]


def test_the_line_is_quoted() -> None:
    assert CHECK.judge("---\ntitle: A\ndate: soon\n---\n") == (
        Finding(
            check="front_matter",
            message="has front matter in which date must be a date like 2026-01-31.",
            where=Place(line=3, column=1, quote="date: soon"),
        ),
    )


def test_the_whole_may_be_what_is_wrong() -> None:
    found = FrontMatterCheck(schema={"minProperties": 2}).judge("---\na: 1\n---\n")

    assert [finding.message for finding in found] == [
        "has front matter in which the whole has 1 name and needs at least 2."
    ]
