"""Edits: all of them in their places, or none."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.content.edits import MOST_EDITS, Edit, EditsError, apply_edits, read_edits

TEXT = "# Tea\n\nTea is hot. Tea is green.\n"


def say(*edits: tuple[str, str]) -> str:
    return json.dumps({"edits": [{"find": find, "replace": replace} for find, replace in edits]})


@pytest.mark.parametrize("wrap", ["{}", "\n {} \n", "```json\n{}\n```"])
def test_a_list_of_edits_is_read_wherever_it_stands(wrap: str) -> None:
    assert read_edits(wrap.replace("{}", say(("hot", "warm")))) == (Edit(find="hot", replace="warm"),)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "# Tea\n\nTea is warm.",
        say(("hot", "warm"))[:-1],
        "[]",
        '{"edits": "hot"}',
        '{"edits": []}',
        '{"edits": [{"find": "hot"}]}',
        '{"edits": [{"find": "hot", "replace": 1}]}',
        '{"edits": [{"find": "hot", "replace": "warm", "line": 3}]}',
        say(*[("hot", "warm")] * (MOST_EDITS + 1)),
    ],
)
def test_anything_else_is_no_list_of_edits(answer: str) -> None:
    with pytest.raises(EditsError):
        read_edits(answer)


def test_edits_change_their_places_and_nothing_else() -> None:
    edits = (Edit(find="is green", replace="is also green"), Edit(find="hot", replace="warm\r\n"))

    assert apply_edits(TEXT, edits) == "# Tea\n\nTea is warm\n. Tea is also green.\n"


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ((Edit(find="cold", replace="warm"),), "does not have"),
        ((Edit(find="", replace="warm"),), "does not have"),
        ((Edit(find="Tea is", replace="It is"),), "more than once"),
        ((Edit(find="Tea is hot", replace="It is"), Edit(find="hot.", replace="warm.")), "same words"),
        ((Edit(find="hot", replace="warm"), Edit(find="hot", replace="warm")), "same words"),
        ((Edit(find="hot", replace="hot"),), "change nothing"),
        ((Edit(find="Tea is hot. Tea is green.", replace=""),), "another text"),
        ((Edit(find="hot", replace="hot" * 50),), "another text"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edits: tuple[Edit, ...], reason: str) -> None:
    with pytest.raises(EditsError, match=reason):
        apply_edits(TEXT, edits)


def test_overlapping_occurrences_are_two() -> None:
    with pytest.raises(EditsError, match="more than once"):
        apply_edits("banana bread", (Edit(find="ana", replace="an"),))


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=6), min_size=3, max_size=9), st.data())
def test_applying_edits_is_exact(pieces: list[str], data: st.DataObject) -> None:
    marked = [f"<{number}:{piece}>" for number, piece in enumerate(pieces)]
    chosen = data.draw(st.sets(st.sampled_from(range(len(marked))), min_size=1, max_size=len(marked) // 3))
    replacements = {number: data.draw(st.sampled_from(["new", "x" * 9, "a\nb"])) for number in chosen}
    text = "".join(marked)
    edits = tuple(Edit(find=marked[number], replace=replacements[number]) for number in chosen)
    is_unique = all(text.count(marked[number]) == 1 for number in chosen)
    expected = "".join(replacements.get(number, piece) for number, piece in enumerate(marked))

    if is_unique and len(text) <= 2 * len(expected) <= 4 * len(text):
        assert apply_edits(text, edits) == expected


@given(st.text("ab \n", min_size=1, max_size=30), st.lists(st.tuples(st.text("ab ", max_size=3), st.text("abc"))))
def test_a_list_applies_only_where_each_place_is_clear(text: str, pairs: list[tuple[str, str]]) -> None:
    edits = tuple(Edit(find=find, replace=replace) for find, replace in pairs)
    try:
        edited = apply_edits(text, edits)
    except EditsError:
        return
    spans = sorted((text.index(edit.find), text.index(edit.find) + len(edit.find)) for edit in edits)
    assert all(edit.find and text.count(edit.find) == 1 for edit in edits)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert edited != text
    assert len(edited) == len(text) + sum(len(edit.replace) - len(edit.find) for edit in edits)


@given(st.text())
def test_reading_edits_never_fails_in_another_way(answer: str) -> None:
    with pytest.raises(EditsError):
        read_edits(answer)
