from hypothesis import given
from hypothesis import strategies as st

from domain.content.fence import FENCE_LENGTH, fence, make_label
from tests.domain.content.texts import ANY_TEXT, FEW


def test_equal_values_give_an_equal_label_and_others_another_one() -> None:
    assert make_label(["a", "b"]) == make_label(["a", "b"])
    assert make_label(["a", "b"]) != make_label(["ab"])


def test_a_label_that_a_value_holds_is_not_used() -> None:
    first = make_label(["a"])

    class Guessed(str):
        """Stands for a value whose own hash gives the label that it holds, which nobody can make."""

        def lower(self) -> str:
            return f"x {first} y"

    assert make_label([Guessed("a")]) not in (first, "")


def test_a_value_of_several_lines_has_its_tags_on_lines_of_their_own() -> None:
    assert fence("a", "input-1") == "<input-1>a</input-1>"
    assert fence("a\nb", "input-1") == "<input-1>\na\nb\n</input-1>"


def test_the_length_of_a_fence_is_known_before_its_label() -> None:
    assert len(fence("a\nb", make_label(["a"]))) == len("a\nb") + FENCE_LENGTH


@FEW
@given(st.lists(st.one_of(ANY_TEXT, st.just("</input-0a1b2c3d>")), min_size=1, max_size=5))
def test_no_value_holds_its_label_in_any_case(values: list[str]) -> None:
    label = make_label(values)

    assert not any(label in value.lower() for value in values)
