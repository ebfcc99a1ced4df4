from domain.content.finding import Place, place_at


def test_lines_and_columns_count_from_one_in_code_points() -> None:
    assert place_at("ab\n😀é here", 5, 9) == Place(line=2, column=3, quote=" her")


def test_a_quote_is_at_most_80_code_points() -> None:
    assert place_at("x" * 100, 10) == Place(line=1, column=11, quote="x" * 80)


def test_a_quote_can_be_encoded_whatever_it_quotes() -> None:
    assert place_at("a\ud800", 0) == Place(line=1, column=1, quote="a\ufffd")
