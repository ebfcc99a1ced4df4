import pytest

from domain.content.checks.forbidden_phrases import ForbiddenPhrasesCheck
from domain.content.checks.required_phrases import RequiredPhrasesCheck
from domain.content.finding import Finding, Place


def says(text: str, *phrases: str, case_sensitive: bool = False, whole_words: bool = True) -> list[str]:
    """Return what is found, as it stands in the text."""
    check = ForbiddenPhrasesCheck(phrases=phrases, case_sensitive=case_sensitive, whole_words=whole_words)
    return [finding.where.quote or "" for finding in check.judge(text) if finding.where is not None]


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("A Cutting-Edge lamp", "cutting-edge", ["Cutting-Edge"]),
        ("cutting-edges", "cutting-edge", []),
        ("scutting-edge", "cutting-edge", []),
        ("art, heart", "art", ["art"]),
        ("heart, art", "art", ["art"]),
        ("ba a a", "a a", ["a a"]),
        ("in today's\n  world", "in today's world", ["in today's\n  world"]),
        ("In today\u2019s world", "in today's world", ["In today\u2019s world"]),
        ("In today's world", "in today\u2019s world", ["In today's world"]),
        ("*cutting-edge*", "cutting-edge", ["cutting-edge"]),
        ("_art_", "art", ["art"]),
        ("cafe\u0301", "cafe", []),
        ("ÉTÉ", "été", ["ÉTÉ"]),
        ("wow!!!", "!!", ["!!"]),
        ("100%", "100%", ["100%"]),
        ("a.b", "a.b", ["a.b"]),
        ("axb", "a.b", []),
        ("你好世界", "你好", []),
        ("", "a", []),
        ("a\ud800", "a", ["a"]),
    ],
)
def test_a_phrase_is_found_as_whole_words_in_any_case(text: str, phrase: str, found: list[str]) -> None:
    assert says(text, phrase) == found


def test_a_phrase_may_be_looked_for_inside_of_words() -> None:
    assert says("heart 你好世界", "art", "你好", whole_words=False) == ["art", "你好"]


def test_a_phrase_may_be_looked_for_in_its_own_case() -> None:
    assert says("oak Oak", "Oak", case_sensitive=True) == ["Oak"]


def test_each_phrase_is_told_at_its_first_place_in_the_order_of_the_text() -> None:
    check = ForbiddenPhrasesCheck(phrases=["oak", "pine"])

    assert check.judge("A pine.\nAn oak, a pine.") == (
        Finding(
            check="forbidden_phrases",
            message='says "pine": say it differently.',
            where=Place(line=1, column=3, quote="pine"),
        ),
        Finding(
            check="forbidden_phrases",
            message='says "oak": say it differently.',
            where=Place(line=2, column=4, quote="oak"),
        ),
    )


def test_missing_phrases_are_told_in_their_order() -> None:
    check = RequiredPhrasesCheck(phrases=["oak", "pine", "elm"])

    assert check.judge("A Pine.") == (
        Finding(check="required_phrases", message='does not say "oak": work it in where it fits.'),
        Finding(check="required_phrases", message='does not say "elm": work it in where it fits.'),
    )


def test_a_phrase_is_seen_while_the_text_grows_as_soon_as_its_last_word_has_ended() -> None:
    check = ForbiddenPhrasesCheck(phrases=["look no further"], on="draft")
    text = "So look no\nfurther, and buy."

    seen = [end for end in range(1, len(text) + 1) if check.scan(text[:end], end - 1) is not None]

    assert text[: seen[0]] == "So look no\nfurther,"


def test_a_phrase_that_may_still_go_on_is_not_seen() -> None:
    check = ForbiddenPhrasesCheck(phrases=["art", "!!"], on="draft")

    assert check.scan("An art", 3) is None
    assert check.scan("An article", 6) is None
    assert check.scan("An h!!", 5) is not None


def test_what_was_scanned_before_is_not_looked_at_again() -> None:
    check = ForbiddenPhrasesCheck(phrases=["oak"], on="draft")

    assert check.scan("oak " + "x " * 50, 100) is None


def test_a_place_is_right_behind_what_was_scanned_before() -> None:
    check = ForbiddenPhrasesCheck(phrases=["oak"], on="draft")
    found = check.scan("x\n" * 50 + "an oak.", 101)

    assert found is not None
    assert found.where == Place(line=51, column=4, quote="oak")


@pytest.mark.parametrize(
    "text",
    ["game-changer", "game changer", "gamechanger", "Game-Chnager", "game-changr", "game-chaanger", "game-chanxer"],
)
def test_near_spellings_are_found_where_they_are_asked_for(text: str) -> None:
    check = ForbiddenPhrasesCheck(phrases=["game-changer"], near_spellings=True)

    assert len(check.judge(f"A {text}!")) == 1


@pytest.mark.parametrize("text", ["a hame-changer", "game exchange", "name-changing", "ages"])
def test_what_is_further_off_is_not_found(text: str) -> None:
    assert ForbiddenPhrasesCheck(phrases=["game-changer"], near_spellings=True).judge(text) == ()


def test_a_near_spelling_is_no_required_phrase_but_is_pointed_at() -> None:
    text = "Buy at\nAcme Lightnig."

    assert RequiredPhrasesCheck(phrases=["Acme Lighting"], near_spellings=True).judge(text) == ()
    assert RequiredPhrasesCheck(phrases=["Acme Lighting"]).judge(text) == (
        Finding(
            check="required_phrases",
            message='does not say "Acme Lighting": write exactly that here.',
            where=Place(line=2, column=1, quote="Acme Lightnig"),
        ),
    )


def test_many_phrases_are_looked_for_as_one_is() -> None:
    phrases = [f"word{number}" for number in range(45)]

    assert says("word44, word3 and word31.", *phrases) == ["word44", "word3", "word31"]
