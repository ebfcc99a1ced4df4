import time

import pytest

from domain.content.checks.forbidden_pattern import ForbiddenPatternCheck
from domain.content.checks.option import OptionError
from domain.content.checks.required_pattern import RequiredPatternCheck
from domain.content.finding import Finding, Place
from tests.domain.content.evil_patterns import EVIL_PATTERNS, EVIL_TEXTS

PRICE = r"€\s?\d+"


def test_a_required_pattern_is_there_or_told() -> None:
    check = RequiredPatternCheck(pattern=PRICE, advice="State the price.")

    assert check.judge("It is € 30.") == ()
    assert check.judge("It is cheap.") == (
        Finding(check="required_pattern", message=f"has nothing of the form {PRICE}: State the price."),
    )


def test_a_forbidden_pattern_is_told_at_its_places() -> None:
    check = ForbiddenPatternCheck(pattern=PRICE, advice="Leave prices out.")

    assert check.judge("Cheap.") == ()
    assert check.judge("It is\n€ 30.") == (
        Finding(
            check="forbidden_pattern",
            message=f"has something of the form {PRICE}: Leave prices out.",
            where=Place(line=2, column=1, quote="€ 30"),
        ),
    )


def test_the_first_five_places_are_told() -> None:
    assert len(ForbiddenPatternCheck(pattern="a", advice="Drop it.").judge("a" * 9)) == 5


def test_case_matters_unless_switched_off() -> None:
    assert ForbiddenPatternCheck(pattern="oak", advice="No.").judge("Oak") == ()
    assert len(ForbiddenPatternCheck(pattern="oak", advice="No.", case_sensitive=False).judge("Oak")) == 1


@pytest.mark.parametrize(("pattern", "text"), [("oak$", "an oak"), (r"\boak\b", "an oak"), ("a.*", "ab")])
def test_what_may_still_go_on_is_not_decided(pattern: str, text: str) -> None:
    assert ForbiddenPatternCheck(pattern=pattern, advice="No.").scan(text, 0) is None


def test_a_match_is_seen_while_the_text_grows() -> None:
    check = ForbiddenPatternCheck(pattern="oaks?", advice="No.", on="draft")

    assert check.scan("an oak.", 0) == check.judge("an oak.")[0]
    assert check.scan("an oak.", 7) is None


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)", "a{1001}", "[ab]{70}", "(?:a{1,20}){20}", r"\pL{20}", r"\Qa\E", r"[a-\d]{3}"]
)
def test_what_can_not_run_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(OptionError):
        ForbiddenPatternCheck(pattern=pattern, advice="No.")


@pytest.mark.parametrize("pattern", EVIL_PATTERNS)
def test_an_evil_pattern_is_refused_or_quick(pattern: str) -> None:
    started = time.process_time()

    try:
        check = ForbiddenPatternCheck(pattern=pattern, advice="No.")
    except OptionError:
        return
    for text in EVIL_TEXTS:
        check.judge(text)

    assert time.process_time() - started < 5
