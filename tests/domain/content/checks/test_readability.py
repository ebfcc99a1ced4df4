import pytest

from domain.content.checks.readability import ReadabilityCheck
from domain.content.checks.reading_level import ReadingLevelCheck
from domain.content.finding import Finding

EASY = "The cat sat on the mat. It saw a dog run by. The dog did not stop. " * 3
HARD = (
    "Contemporary organisations systematically underestimate implementation complexity, notwithstanding considerable "
    "documentation demonstrating that interdisciplinary communication necessitates institutional accommodation. " * 3
)


@pytest.mark.parametrize(
    "check",
    [
        ReadabilityCheck(min=90),
        ReadingLevelCheck(max=3),
        ReadingLevelCheck(max=3, formula="coleman_liau"),
    ],
)
def test_an_easy_text_passes_and_a_hard_one_does_not(check: ReadabilityCheck | ReadingLevelCheck) -> None:
    assert check.judge(EASY) == ()
    assert len(check.judge(HARD)) == 1


@pytest.mark.parametrize("check", [ReadabilityCheck(max=30), ReadingLevelCheck(min=12)])
def test_a_text_may_be_too_simple(check: ReadabilityCheck | ReadingLevelCheck) -> None:
    assert check.judge(HARD) == ()
    assert check.judge(EASY)[0].message.endswith("join short sentences and use more exact words.")


def test_a_finding_says_what_to_do() -> None:
    assert ReadabilityCheck(min=60).judge(HARD) == (
        Finding(
            check="readability",
            message="is too hard to read, at a reading ease of -206 where at least 60 is asked for: split "
            "long sentences and use shorter words (now 16 words a sentence and 4.7 syllables a word); the longest one "
            'begins "Contemporary organisations systematically underestimate implementation complexit".',
        ),
    )
    assert (
        ReadingLevelCheck(max=9)
        .judge(HARD)[0]
        .message.startswith("is written for grade 46.0 where at most 9 is asked for: split long sentences")
    )


@pytest.mark.parametrize("check", [ReadabilityCheck(min=120), ReadingLevelCheck(max=0)])
def test_a_text_of_few_words_passes(check: ReadabilityCheck | ReadingLevelCheck) -> None:
    assert check.judge("Notwithstanding institutional accommodation.") == ()
