"""What a log folds to."""

from __future__ import annotations

from domain.content.finding import Finding
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    SeqRange,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
    UnknownEvent,
)
from domain.run.history import Attempt, History, summarize_usage
from domain.run.metadata import describe_run
from domain.run.model import RunStatus, Stage
from tests.examples import NOW, QUEUED, RUN_ID, make_records, make_spec

GENERATING = Progressed(stage=Stage.GENERATOR, message="Generating", progress=30, attempt=1)
REPAIRING = Progressed(stage=Stage.RETRY, message="Mending", progress=85, attempt=2)
DRAFT = DraftWritten(message="Initial draft generated", draft="Tea")
USED = TokensUsed(stage=Stage.GENERATOR, attempt=1, model="m", input_tokens=3, output_tokens=2, cost_usd=0.25)
SHORT = Finding(check="words", message="Too short.")


def grew(text: str, offset: int = 0, *, stage: Stage = Stage.GENERATOR, attempt: int = 1) -> TextGrew:
    return TextGrew(stage=stage, attempt=attempt, text=text, offset=offset)


def text(attempt: int, content: str = "Tea\n") -> TextFormatted:
    stage = Stage.FORMATTER if attempt == 1 else Stage.RETRY
    return TextFormatted(stage=stage, attempt=attempt, text=content, format="markdown")


def judged(attempt: int, *findings: Finding) -> TextJudged:
    return TextJudged(attempt=attempt, passed=not findings, findings=findings)


def fold(*events: Event) -> History:
    return History.fold(make_records((QUEUED, *events)))


def test_a_new_run_is_only_queued() -> None:
    history = fold()

    assert (history.queued, history.created_at, history.seq) == (QUEUED, NOW, 1)
    assert (history.stage, history.best, history.text_so_far, history.superseded) == (None, None, None, None)


def test_progress_says_where_a_run_stands() -> None:
    history = fold(GENERATING)

    assert (history.stage, history.message, history.percent) == (Stage.GENERATOR, "Generating", 30)


def test_deltas_gather_until_the_stage_ends() -> None:
    history = fold(GENERATING, grew("Te"), grew("a", 2))

    assert history.text_so_far == "Tea"
    assert history.superseded == SeqRange(from_seq=3, to_seq=4)
    assert fold(GENERATING, grew("Te"), grew("a", 2), USED, DRAFT).superseded is None


def test_offset_zero_begins_a_new_text() -> None:
    assert fold(GENERATING, grew("Te"), grew("Mil")).text_so_far == "Mil"


def test_a_call_is_open_from_its_progress_to_its_usage() -> None:
    assert fold(GENERATING).has_open_call
    assert fold(GENERATING, grew("Te")).has_open_call
    assert not fold(GENERATING, grew("Te"), USED).has_open_call
    assert fold(GENERATING, USED, DRAFT, text(1), judged(1, SHORT), REPAIRING).has_open_call


def test_waiting_for_a_provider_is_no_open_call() -> None:
    waiting = Progressed(stage=Stage.GENERATOR, message="Overloaded", progress=30, attempt=1, retry_in_seconds=2.0)

    assert not fold(GENERATING, USED, waiting).has_open_call


def test_checking_a_repaired_text_is_no_open_call() -> None:
    checking = Progressed(stage=Stage.RETRY, message="Checking", progress=89, attempt=2)

    assert not fold(GENERATING, DRAFT, text(1), judged(1, SHORT), text(2), checking).has_open_call


def test_a_restart_takes_deltas_back_and_counts_lost_workers_until_a_stage_ends() -> None:
    lost = StageRestarted(
        stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=SeqRange(from_seq=3, to_seq=3)
    )
    history = fold(GENERATING, grew("Te"), lost, lost)

    assert (history.partial, history.losses, history.restarts, history.has_open_call) == (None, 2, 2, True)
    assert fold(GENERATING, lost, USED, DRAFT).losses == 0


def test_a_released_lease_is_no_lost_worker() -> None:
    handed = StageRestarted(stage=Stage.FORMATTER, attempt=1, reason="handed_over", supersedes=None)
    history = fold(GENERATING, DRAFT, handed)

    assert (history.losses, history.has_open_call) == (0, False)


def test_the_best_text_has_the_fewest_findings() -> None:
    worse = judged(2, SHORT, SHORT)
    history = fold(DRAFT, text(1, "one\n"), judged(1, SHORT), text(2, "two\n"), worse)

    assert history.best is not None
    assert history.best.text == "one\n"


def test_of_equals_the_later_text_is_the_best() -> None:
    history = fold(DRAFT, text(1, "one\n"), judged(1, SHORT), text(2, "two\n"), judged(2, SHORT))

    assert history.text_so_far == "two\n"


def test_an_unjudged_text_is_the_best_only_alone() -> None:
    assert fold(DRAFT, text(1, "one\n")).text_so_far == "one\n"
    assert fold(DRAFT, text(1, "one\n"), judged(1, SHORT), text(2, "two\n")).text_so_far == "one\n"


def test_an_attempt_that_was_ended_early_keeps_what_was_written() -> None:
    history = fold(GENERATING, grew("Tea is cutting-edge"), USED, judged(1, SHORT))

    assert history.attempts == {1: Attempt(number=1, findings=(SHORT,), raw="Tea is cutting-edge")}
    assert history.text_so_far == "Tea is cutting-edge"


def test_a_repaired_text_keeps_what_the_model_wrote() -> None:
    history = fold(DRAFT, text(1), judged(1, SHORT), REPAIRING, grew("Tea!", stage=Stage.RETRY, attempt=2), text(2))

    assert history.attempts[2].raw == "Tea!"


def test_the_draft_is_the_text_so_far_until_it_is_formatted() -> None:
    assert fold(GENERATING, DRAFT).text_so_far == "Tea"


def test_seconds_are_summed_by_stage() -> None:
    history = fold(GENERATING, grew("Te"), DRAFT, text(1))

    assert history.stage_seconds == {Stage.GENERATOR: 3.0}
    assert (history.first_token_at, history.time) == (NOW.replace(second=2), NOW.replace(second=4))


def test_the_end_is_kept() -> None:
    assert fold(GENERATING, RunCancelled(message="Cancelled.")).terminal == RunCancelled(message="Cancelled.")


def test_an_unknown_event_changes_nothing_but_the_tail() -> None:
    history = fold(GENERATING)
    history.apply(UnknownEvent(type="applause", data=b"{}"), seq=3)

    assert (history.seq, history.stage) == (3, Stage.GENERATOR)


def test_usage_adds_up() -> None:
    assert summarize_usage([USED, USED]) == {
        "calls": 2,
        "input_tokens": 6,
        "output_tokens": 4,
        "cached_tokens": 0,
        "cache_write_tokens": 0,
        "cost_usd": 0.5,
        "estimated": False,
    }


def test_metadata_holds_every_attempt_with_what_it_cost() -> None:
    history = fold(GENERATING, grew("Tea"), USED, DRAFT, text(1), judged(1, SHORT))

    metadata = describe_run(RUN_ID, make_spec(), history, now=NOW)

    assert metadata["model"] == {"asked": "scripted", "models": ["scripted"], "used": ["m"]}
    assert metadata["attempts"] == [
        {
            "attempt": 1,
            "passed": False,
            "ended_early": False,
            "findings": [{"check": "words", "message": "Too short.", "where": None}],
            "usage": summarize_usage([USED]),
            "base": None,
            "edits": None,
            "changes": None,
            "judge": None,
        }
    ]


def test_a_status_is_live_or_terminal() -> None:
    assert {status for status in RunStatus if not status.is_terminal} == {RunStatus.QUEUED, RunStatus.RUNNING}
