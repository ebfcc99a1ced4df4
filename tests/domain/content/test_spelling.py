from domain.content.spelling import suggest


def test_names_the_nearest_word() -> None:
    assert suggest("mn", ["min", "max", "on"]) == "; did you mean min?"


def test_says_nothing_when_no_word_is_near() -> None:
    assert suggest("colour", ["min", "max"]) == ""


def test_a_huge_word_costs_no_more_than_a_long_one() -> None:
    assert suggest("min" * 1_000_000, ["min", "max"]) == ""
