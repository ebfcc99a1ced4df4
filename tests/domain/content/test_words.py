import pytest

from domain.content.words import blank_tags, count_words, find_word


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n\t ", 0),
        ("One, two - three!", 3),
        ("# Title\n\n- a *b*\n| --- |", 3),
        ("<p class='wide one'>Hello<br>you</p>", 2),
        ("<!-- not this -->a <b", 2),
        ("1 < 2 and 3 > 2", 5),
        ("don't re-do e.g. 3.5", 4),
        ("你好, world", 3),
        ("カタカナ ひらがな", 8),
        ("مرحبا بالعالم", 2),
        ("😀 😀 a", 1),
        ("a\x00b \ud800", 1),
        ("naïve café", 2),
    ],
)
def test_a_word_is_a_piece_with_a_letter_or_a_digit(text: str, count: int) -> None:
    assert count_words(text) == count


def test_finds_the_piece_in_which_a_word_stands() -> None:
    assert find_word("a - <b>bc</b> d", 2) == (7, 9)


def test_finds_the_last_piece_where_there_are_fewer_words() -> None:
    assert find_word("a b", 5) == (2, 3)


def test_blanking_tags_keeps_every_other_character_in_its_place() -> None:
    assert blank_tags("a<b x='1'>c</b> <3 < <") == "a         c     <3 < <"


def test_a_word_is_one_however_long_it_is() -> None:
    assert count_words("a" * 100_000 + " b" * 60_000) == 60_001
