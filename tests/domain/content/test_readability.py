import pytest

from domain.content.readability import coleman_liau, count_syllables, flesch_kincaid, measure, reading_ease


@pytest.mark.parametrize(
    ("word", "language", "count"),
    [
        *(("table", "en", 2), ("make", "en", 1), ("wanted", "en", 2), ("jumped", "en", 1), ("houses", "en", 2)),
        *(("makes", "en", 1), ("the", "en", 1), ("use", "en", 1), ("beautiful", "en", 3), ("changes", "en", 2)),
        *(("Straßenbahn", "de", 3), ("table", "fr", 1), ("année", "fr", 2), ("brr", "en", 1), ("12", "de", 1)),
    ],
)
def test_syllables_are_groups_of_vowels(word: str, language: str, count: int) -> None:
    assert count_syllables(word, language) == count


def test_the_counts_of_a_text() -> None:
    counts = measure("# Not this\n\n" + "The cat sat on the old mat. It slept. " * 4, "en")

    assert counts is not None
    assert (counts.sentences, counts.words, counts.letters, counts.syllables) == (8, 36, 108, 36)
    assert counts.hardest == "The cat sat on the old mat."
    assert round(reading_ease(counts, "en"), 1) == 117.7
    assert round(flesch_kincaid(counts), 1) == -2.0
    assert round(coleman_liau(counts), 1) == -4.7


def test_a_word_may_have_its_letters_far_behind() -> None:
    assert count_syllables("1" * 64 + "a", "en") == 1


def test_few_words_are_not_measured() -> None:
    assert measure("12 34. Too few words.", "en") is None
