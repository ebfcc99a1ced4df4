from hypothesis import given

from domain.content.text import clean_text, to_well_formed
from tests.domain.content.texts import ANY_TEXT, FEW


def test_half_a_character_is_replaced_and_the_others_keep_their_places() -> None:
    assert to_well_formed("a\ud800b\udfffc") == "a\ufffdb\ufffdc"


def test_whole_characters_stay() -> None:
    assert to_well_formed("a\U0001f600é") == "a\U0001f600é"


def test_line_ends_nul_and_byte_order_mark_are_cleaned() -> None:
    assert clean_text("\ufeffa\r\nb\rc\x00\ud800") == "a\nb\nc\ufffd\ufffd"


@FEW
@given(ANY_TEXT)
def test_clean_text_can_be_encoded_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean_text(text)

    assert cleaned.encode().decode() == cleaned
    assert clean_text(cleaned).removeprefix("\ufeff") == cleaned.removeprefix("\ufeff")
