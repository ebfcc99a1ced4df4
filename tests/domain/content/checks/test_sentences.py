from typing import Any

import pytest

from domain.content.checks.sentences import SentencesCheck
from domain.content.finding import Finding, Place


def judge(text: str, **options: Any) -> list[str]:
    return [finding.message for finding in SentencesCheck(**options).judge(text)]


def test_a_text_within_its_bounds_has_no_finding() -> None:
    assert judge("# Title\n\nOne here. Two there.", min=2, max=2, max_words=3) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min": 3}, "has 1 sentence, 2 too few: write at least 3."),
        ({"min": 1, "max_words": 3}, "has a sentence of 4 words: split it, so that none has more than 3."),
    ],
)
def test_a_finding_says_what_to_do(options: dict[str, Any], message: str) -> None:
    assert judge("One two three four.", **options) == [message]


def test_the_first_sentence_too_many_is_shown() -> None:
    assert SentencesCheck(max=1).judge("One.\n\nTwo. Three.") == (
        Finding(
            check="sentences",
            message="has 3 sentences, 2 too many: cut it to at most 1.",
            where=Place(line=3, column=1, quote="Two."),
        ),
    )


def test_too_many_are_seen_while_the_text_grows() -> None:
    check = SentencesCheck(max=1, on="draft")

    assert check.scan("One. Two.\n\nThree", 0) == check.judge("One. Two.\n\n")[0]
    assert check.scan("One. Two", 0) is None


def test_nothing_is_decided_too_early() -> None:
    assert SentencesCheck(min=1).scan("One. Two.\n\n", 0) is None
    assert SentencesCheck(max=1).scan("<pre>One. Two.\n\n", 0) is None
    assert SentencesCheck(max=1).scan("One. Two.\n\n", 11) is None
