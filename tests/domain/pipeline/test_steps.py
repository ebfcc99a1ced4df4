"""What a run does next, from its log alone."""

from __future__ import annotations

import pytest

from domain.content.finding import Finding
from domain.pipeline.steps import Step, next_step
from domain.run.events import DraftWritten, Event, Progressed, TextFormatted, TextJudged
from domain.run.history import History
from domain.run.model import Stage
from tests.examples import QUEUED, make_records

LOADING = Progressed(stage=Stage.LOAD_PROMPTS, message="Loading", progress=10)
DRAFT = DraftWritten(message="Initial draft generated", draft="Tea")
TEXT = TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea\n", format="markdown")
PASSED = TextJudged(attempt=1, passed=True)
FAILED = TextJudged(attempt=1, passed=False, findings=(Finding(check="words", message="Too short."),))
REPAIRED = TextFormatted(stage=Stage.RETRY, attempt=2, text="Tea!\n", format="markdown")


@pytest.mark.parametrize(
    ("events", "stage", "attempt"),
    [
        ((), Stage.LOAD_PROMPTS, 1),
        ((LOADING,), Stage.GENERATOR, 1),
        ((LOADING, DRAFT), Stage.FORMATTER, 1),
        ((LOADING, DRAFT, TEXT), Stage.VALIDATOR, 1),
        ((LOADING, DRAFT, TEXT, PASSED), Stage.DONE, 1),
        ((LOADING, DRAFT, TEXT, FAILED), Stage.RETRY, 2),
        ((LOADING, FAILED), Stage.RETRY, 2),
        ((LOADING, DRAFT, TEXT, FAILED, REPAIRED), Stage.VALIDATOR, 2),
        ((LOADING, DRAFT, TEXT, FAILED, REPAIRED, TextJudged(attempt=2, passed=False)), Stage.FAIL, 2),
    ],
)
def test_a_run_goes_on_with_the_first_stage_that_has_no_outcome(
    events: tuple[Event, ...], stage: Stage, attempt: int
) -> None:
    history = History.fold(make_records((QUEUED, *events)))

    assert next_step(history, attempts=2) == Step(stage=stage, attempt=attempt)
