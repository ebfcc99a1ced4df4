import pytest

from domain.content.checks.keywords import KeywordsCheck


def judge(text: str, *keywords: str, coverage: float = 100, max_density: float | None = None) -> list[str]:
    check = KeywordsCheck(keywords=keywords, coverage=coverage, max_density=max_density)
    return [finding.message for finding in check.judge(text)]


@pytest.mark.parametrize("text", ["A desk lamp.", "Desk-lamps!", "two DESK\nlamps", "desk lamps\u2014old"])
def test_a_keyword_is_found_in_its_usual_forms(text: str) -> None:
    assert judge(text, "desk lamp") == []


@pytest.mark.parametrize("text", ["a desk", "desktop lamp", "a desk lamplight", "`desk lamp`", "[x](desk lamp)"])
def test_other_words_are_not_the_keyword(text: str) -> None:
    assert judge(text.replace("(desk lamp)", "(https://desk-lamp.org)"), "desk lamp") == [
        'uses 0 of 1 keywords: work in "desk lamp", each where it reads naturally.'
    ]


def test_a_part_of_the_keywords_may_be_enough() -> None:
    assert judge("oak pine", "oak", "pine", "elm", coverage=60) == []
    assert judge("oak", "oak", "pine", "elm", coverage=60) == [
        'uses 1 of 3 keywords: work in 1 of "pine", "elm", each where it reads naturally.'
    ]


def test_a_keyword_may_be_overdone() -> None:
    text = "oak oak oak oak " + "and so on " * 12

    assert judge(text, "oak", max_density=10) == []
    assert judge(text, "oak", max_density=8) == ['says "oak" 4 times, 10.0 % of the words: keep at most 3 of them.']
    assert judge("oak oak", "oak", max_density=8) == []


def test_a_sign_can_be_a_keyword() -> None:
    assert judge("C# and -", "C#", "-") == []
