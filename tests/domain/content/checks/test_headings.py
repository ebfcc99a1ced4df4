from typing import Any

import pytest

from domain.content.checks.headings import HeadingsCheck
from domain.content.finding import Finding, Place

TEXT = "# Top\n\n## What is new\n\n## Fixed\n"


def judge(text: str = TEXT, **options: Any) -> list[str]:
    return [finding.message for finding in HeadingsCheck(**options).judge(text)]


@pytest.mark.parametrize(
    "options",
    [
        {"min": 3, "max": 3},
        {"levels": [1, 2]},
        {"titles": ["fixed", "What  IS new"]},
        {"titles": ["Top", "Fixed"], "in_order": True},
    ],
)
def test_a_text_with_the_right_headings_passes(options: dict[str, Any]) -> None:
    assert judge(**options) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min": 5}, "has 3 headings, 2 too few: use at least 5."),
        ({"max": 0}, "has 3 headings, 3 too many: use at most 0."),
        ({"levels": [2, 3]}, "has a heading of level 1: use level 2 or 3 only."),
        ({"titles": ["Removed"]}, 'has no heading "Removed": add it.'),
        ({"titles": ["Fixed", "Top"], "in_order": True}, 'has the heading "Top" before "Fixed": put it behind.'),
    ],
)
def test_a_finding_says_what_to_do(options: dict[str, Any], message: str) -> None:
    assert judge(**options) == [message]


def test_one_heading_is_no_headings() -> None:
    assert judge("# a", min=2) == ["has 1 heading, 1 too few: use at least 2."]


def test_titles_that_are_out_of_order_do_not_matter_unless_asked_for() -> None:
    assert judge(titles=["Fixed", "Top"]) == []


def test_the_first_heading_too_many_is_shown() -> None:
    assert HeadingsCheck(max=1).judge(TEXT) == (
        Finding(
            check="headings",
            message="has 3 headings, 2 too many: use at most 1.",
            where=Place(line=3, column=1, quote="## What is new"),
        ),
    )


def test_html_is_looked_at_as_well() -> None:
    assert judge("<h2>Fixed</h2>", titles=["Fixed"], levels=[2], min=1, max=1) == []
