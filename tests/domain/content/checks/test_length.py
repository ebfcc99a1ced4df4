import time

import pytest

from domain.content.checks.characters import CharactersCheck
from domain.content.checks.words import WordsCheck
from domain.content.finding import Finding, Place


def test_a_text_within_its_bounds_has_no_finding() -> None:
    assert WordsCheck(min=2, max=3).judge("one two three") == ()
    assert CharactersCheck(min=2, max=3).judge(" abc\n") == ()


def test_too_few_words() -> None:
    assert WordsCheck(min=1000).judge("one two") == (
        Finding(check="words", message="has 2 words, 998 too few: write at least 1,000."),
    )


def test_too_many_words_are_shown_where_they_begin() -> None:
    assert WordsCheck(max=3).judge("a b\nc - d e") == (
        Finding(
            check="words",
            message="has 5 words, 2 too many: cut it to at most 3.",
            where=Place(line=2, column=5, quote="d"),
        ),
    )


def test_too_few_characters() -> None:
    assert CharactersCheck(min=5).judge("  abc  ") == (
        Finding(check="characters", message="has 3 characters, 2 too few: write at least 5."),
    )


def test_too_many_characters_are_shown_where_they_begin() -> None:
    assert CharactersCheck(max=3).judge("\n abcdé ") == (
        Finding(
            check="characters",
            message="has 5 characters, 2 too many: cut it to at most 3.",
            where=Place(line=2, column=5, quote="dé "),
        ),
    )


@pytest.mark.parametrize("check", [WordsCheck(max=110, on="draft"), CharactersCheck(max=400, on="draft")])
def test_an_overrun_is_seen_while_the_text_grows(check: WordsCheck | CharactersCheck) -> None:
    text = "word " * 300
    [bound] = [check.max]
    assert bound is not None

    ends = [end for end in range(len(text) + 1) if check.scan(text[:end], max(0, end - 1)) is not None]

    first_too_long = next(end for end in range(len(text)) if check.judge(text[:end]))
    assert first_too_long <= ends[0] <= first_too_long * 17 // 16


def test_what_is_seen_while_the_text_grows_says_where() -> None:
    assert WordsCheck(max=1).scan("a b", 0) == Finding(
        check="words",
        message="is over 1 words already: write at most that many.",
        where=Place(line=1, column=3, quote="b"),
    )
    assert CharactersCheck(max=1).scan("ab", 0) == Finding(
        check="characters",
        message="is over 1 characters already: write at most that many.",
        where=Place(line=1, column=2, quote="b"),
    )


def test_without_an_upper_bound_nothing_is_seen_while_the_text_grows() -> None:
    assert WordsCheck(min=3).scan("a b c d", 0) is None
    assert CharactersCheck(min=3).scan("a b c d", 0) is None


def test_white_space_is_no_overrun() -> None:
    assert CharactersCheck(max=3).scan("   abc   ", 0) is None
    assert WordsCheck(max=3).scan(" - - - a b c", 0) is None


def test_counting_while_a_text_grows_in_small_pieces_takes_linear_time() -> None:
    check, text = WordsCheck(max=4_000), "word " * 4_000
    started = time.process_time()

    for end in range(2, len(text), 2):
        check.scan(text[:end], end - 2)

    assert time.process_time() - started < 1
