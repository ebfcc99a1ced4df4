"""Percentages of a run."""

from __future__ import annotations

import pytest

from domain.pipeline.narrator import Narrator
from domain.pipeline.progress import expected_characters, percent_of_retry, percent_of_writing
from domain.run.events import Progressed
from domain.run.history import History
from domain.run.limits import Limits
from domain.run.model import Stage
from tests.examples import NOW


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ((), 4 * 100),
        (({"check": "words", "min": 5},), 4 * 100),
        (({"check": "words", "max": 20},), 120),
        (({"check": "characters", "max": 50}, {"check": "words", "max": 20}), 50),
        (({"check": "headings", "max": 2},), 4 * 100),
    ],
)
def test_a_text_is_expected_to_fill_its_length_check_else_its_tokens(
    checks: tuple[dict[str, object], ...], expected: int
) -> None:
    assert expected_characters(checks, Limits(output_tokens=100)) == expected


@pytest.mark.parametrize(("written", "percent"), [(0.0, 30), (0.5, 40), (1.0, 50), (7.0, 50)])
def test_the_generator_goes_from_30_to_50(written: float, percent: int) -> None:
    assert percent_of_writing(Stage.GENERATOR, attempt=1, attempts=3, written=written) == percent


@pytest.mark.parametrize(
    ("attempt", "attempts", "share", "percent"),
    [(2, 3, 0.0, 85), (2, 3, 1.0, 90), (3, 3, 0.0, 90), (3, 3, 1.0, 95), (2, 2, 1.0, 95), (2, 1, 1.0, 95)],
)
def test_retry_r_of_r_goes_from_85_to_95(attempt: int, attempts: int, share: float, percent: int) -> None:
    assert percent_of_retry(attempt=attempt, attempts=attempts, share=share) == percent


def test_writing_leaves_room_for_checking_a_repaired_text() -> None:
    assert percent_of_writing(Stage.RETRY, attempt=2, attempts=2, written=1.0) == 93


def test_a_percentage_never_goes_back() -> None:
    narrator = Narrator(history=History(), now=lambda: NOW)
    narrator.tell(Progressed(stage=Stage.GENERATOR, message="Generating", progress=42))

    (event,) = narrator.progress(Stage.GENERATOR, "Generating again", 30)

    assert event == Progressed(stage=Stage.GENERATOR, message="Generating again", progress=42)


def test_progress_is_told_only_when_it_changed() -> None:
    narrator = Narrator(history=History(), now=lambda: NOW)
    first = narrator.progress(Stage.GENERATOR, "Generating", 30)
    narrator.tell(*first)

    assert len(first) == 1
    assert narrator.progress(Stage.GENERATOR, "Generating", 30) == ()
    assert len(narrator.progress(Stage.GENERATOR, "Generating", 31)) == 1
