"""What changed between two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content.word_diff import MOST_CHANGES, MOST_CHARACTERS, WordChange, WordChanges, compare_words


def change(line: int, removed: str, added: str) -> WordChange:
    return WordChange(line=line, removed=removed, added=added)


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ("Tea is hot.", "Tea is hot.", ()),
        ("Tea  is\thot.", "Tea is hot.", ()),
        ("Tea is hot.", "Tea is warm.", (change(1, "hot.", "warm."),)),
        ("Tea is hot.", "Tea is very hot.", (change(1, "", "very"),)),
        ("Tea is very hot.", "Tea is hot.", (change(1, "very", ""),)),
        ("One.\n\nTwo is three.\n", "One.\n\nTwo is two.\n", (change(3, "three.", "two."),)),
        ("One.\nTwo.", "One.\n\nTwo.", (change(2, "", "\n"),)),
        ("", "Tea.", (change(1, "", "Tea."),)),
        ("a b c d e", "a x c y e", (change(1, "b", "x"), change(1, "d", "y"))),
        ("c a b", "a b c", (change(1, "c", ""), change(1, "", "c"))),
        ("a a a", "b b b", (change(1, "a a a", "b b b"),)),
    ],
)
def test_changes_are_told_word_by_word_with_their_lines(
    before: str, after: str, places: tuple[WordChange, ...]
) -> None:
    assert compare_words(before, after).places == places


def test_words_are_counted_and_line_ends_are_none() -> None:
    changes = compare_words("One two\nthree.", "One 2\n\nand three.")

    assert (changes.words_removed, changes.words_added) == (1, 2)


def test_only_so_many_changes_of_such_a_length_are_told() -> None:
    before = " ".join(f"same{number} old" for number in range(50))
    after = " ".join(f"same{number} new" for number in range(50))
    long = compare_words("a", "word " * 500)

    changes = compare_words(before, after)
    assert (len(changes.places), changes.omitted, changes.words_added) == (MOST_CHANGES, 50 - MOST_CHANGES, 50)
    assert len(long.places[0].added) == MOST_CHARACTERS
    assert long.places[0].added.endswith("…")
    assert compare_words("Same.", "Same.") == WordChanges(words_removed=0, words_added=0, places=())


@given(st.lists(st.sampled_from("abcdef\n"), max_size=20), st.lists(st.sampled_from("abcdef\n"), max_size=20))
def test_no_word_is_lost_between_what_stayed_and_what_changed(before: list[str], after: list[str]) -> None:
    changes = compare_words(" ".join(before), " ".join(after))
    kept_before = sum(word != "\n" for word in before) - changes.words_removed
    kept_after = sum(word != "\n" for word in after) - changes.words_added

    assert kept_before == kept_after
    assert not changes.places or before != after
    assert (changes.places == ()) == (before == after)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(before: str, after: str) -> None:
    assert compare_words(before, after).omitted >= 0
