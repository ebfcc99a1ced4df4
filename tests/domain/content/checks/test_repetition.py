from domain.content.checks.repetition import RepetitionCheck
from domain.content.finding import Finding, Place

LINE = "A good lamp hides its bulb from where you sit."


def test_a_text_that_says_everything_once_passes() -> None:
    assert RepetitionCheck().judge(f"{LINE}\n\nA good lamp hides its bulb.") == ()


def test_repeated_words_are_told_where_they_come_again() -> None:
    assert RepetitionCheck().judge(f"{LINE}\n\nWell: a good LAMP hides its **bulb** from where you sit, always.") == (
        Finding(
            check="repetition",
            message="repeats 10 words that stand in line 1 already: say something new here, or cut it.",
            where=Place(line=3, column=7, quote="a good LAMP hides its **bulb** from where you sit,"),
        ),
    )


def test_each_repetition_is_told_by_itself() -> None:
    found = RepetitionCheck(words=3).judge("a b c d. e a b c. f b c d.")

    assert [finding.where and finding.where.quote for finding in found] == ["a b c.", "b c d."]


def test_a_phrase_may_occur_as_often_as_is_allowed() -> None:
    check = RepetitionCheck(words=2, times=2)

    assert check.judge("oak lamp x oak lamp") == ()
    assert len(check.judge("oak lamp x oak lamp y oak lamp")) == 1


def test_what_overlaps_with_itself_is_no_repetition_yet() -> None:
    assert RepetitionCheck(words=3).judge("very very very very good") == ()
    assert len(RepetitionCheck(words=3).judge("very very very very very very good")) == 1


def test_a_loop_is_seen_while_the_text_grows() -> None:
    check = RepetitionCheck(on="draft")

    assert check.scan(f"{LINE}\n{LINE}\nA", 0) is not None
    assert check.scan(f"{LINE}\n{LINE}", 0) is None
    assert check.scan(f"```\n{LINE}\n{LINE}\n", 0) is None
    assert check.scan(f"{LINE}\n{LINE}\n", 94) is None
