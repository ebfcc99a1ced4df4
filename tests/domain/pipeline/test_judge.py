"""The judge: a model with a rubric, once every check has passed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from adapters.providers.scripted import Stall
from domain.content.finding import Finding, Place
from domain.content.judgement import Judge, Judgement
from domain.content.judging import JUDGEMENT_SCHEMA
from domain.pipeline.stages.judge import UNREADABLE, UNSAMPLED
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCompleted,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.limits import Limits
from domain.run.metadata import describe_run
from domain.run.model import Stage
from tests.domain.pipeline.kit import LONG_ENOUGH, carry_out, make_pipeline, make_run, percents, provide, write
from tests.examples import NOW

JUDGE = {"rubric": "It says how hot tea is."}
TEXT = "Tea is hot."
GOOD = json.dumps({"reasons": [], "score": 5})
BAD = json.dumps({"reasons": [{"reason": "Say how hot.", "quote": "is hot"}], "score": 2})
SHORT_OF = Finding(
    check="judge",
    message="has a score of 2 where the rubric asks for 4: Say how hot.",
    where=Place(line=1, column=5, quote="is hot"),
)


def judge_run(*events: Event, **changes: Any) -> Any:
    return make_run(*events, **({"checks": LONG_ENOUGH, "judge": JUDGE} | changes))


def judgements(events: list[Event]) -> list[TextJudged]:
    return [event for event in events if isinstance(event, TextJudged)]


async def test_a_text_with_a_good_score_has_passed() -> None:
    provider = provide(TEXT, GOOD)
    events = await carry_out(make_pipeline(provider), judge_run())

    assert events[-1] == RunCompleted(success=True, output=TEXT, metadata={"limit": None})
    assert judgements(events) == [TextJudged(attempt=1, passed=True, judge=Judgement(threshold=4, score=5))]


async def test_a_low_score_is_a_finding_for_each_reason_and_is_repaired() -> None:
    provider = provide(TEXT, BAD, "Tea is 96 degrees hot.", GOOD)
    events = await carry_out(make_pipeline(provider), judge_run())

    first, second = judgements(events)
    assert first == TextJudged(
        attempt=1,
        passed=False,
        findings=(SHORT_OF,),
        judge=Judgement(threshold=4, score=2, reasons=("Say how hot.",)),
    )
    assert (second.attempt, second.passed) == (2, True)
    assert "Say how hot." in provider.requests[2].turns[2].content
    assert [request.stage for request in provider.requests] == ["generator", "validator", "retry", "retry"]
    steps = [percent for _, percent in percents(events)]
    assert steps == sorted(steps)


async def test_a_text_that_failed_a_check_is_not_judged() -> None:
    provider = provide("Tea.", TEXT, GOOD)
    await carry_out(make_pipeline(provider), judge_run())

    assert [request.output_schema for request in provider.requests] == [None, None, JUDGEMENT_SCHEMA]


async def test_a_judge_is_told_the_rubric_what_was_asked_for_and_the_text_as_data() -> None:
    provider = provide(TEXT, GOOD)
    await carry_out(make_pipeline(provider), judge_run())

    request = provider.requests[1]
    assert "It says how hot tea is." in request.system
    [turn] = request.turns
    assert (turn.role, "Write about <input-" in turn.content) == ("user", True)
    assert f">{TEXT}</input-" in turn.content


async def test_nothing_that_a_judge_writes_is_shown() -> None:
    events = await carry_out(make_pipeline(provide(TEXT, GOOD)), judge_run())

    assert "".join(event.text for event in events if isinstance(event, TextGrew)) == TEXT
    asked = [event for event in events if isinstance(event, Progressed) and "Judging" in event.message]
    assert [(event.stage, event.progress, event.model) for event in asked] == [(Stage.VALIDATOR, 80, "scripted")]


async def test_what_a_judge_uses_is_counted_with_its_outcome() -> None:
    run = judge_run()
    groups = [events async for events in make_pipeline(provide(TEXT, GOOD)).run_stream(run)]

    group = next(events for events in groups if events and isinstance(events[-1], TextJudged))
    assert [event.type for event in group] == ["usage", "findings"]
    assert describe_run(run.id, run.spec, run.history, now=NOW)["usage"]["calls"] == 2


async def test_an_answer_that_can_not_be_read_is_asked_for_once_more() -> None:
    provider = provide(TEXT, "It is fine.", GOOD)
    events = await carry_out(make_pipeline(provider), judge_run())

    assert StageRestarted(stage=Stage.VALIDATOR, attempt=1, reason="answer_unusable", supersedes=None) in events
    assert judgements(events) == [TextJudged(attempt=1, passed=True, judge=Judgement(threshold=4, score=5))]


@pytest.mark.parametrize("second", ["Fine.", write("x" * 30_000, Stall())], ids=["prose", "endless"])
async def test_a_judge_that_never_answers_in_form_lets_the_text_pass_and_says_so(second: Any) -> None:
    run = judge_run()
    events = await carry_out(make_pipeline(provide(TEXT, "It is fine.", second)), run)

    unjudged = Judgement(threshold=4, note=UNREADABLE)
    assert judgements(events) == [TextJudged(attempt=1, passed=True, judge=unjudged)]
    [attempt] = describe_run(run.id, run.spec, run.history, now=NOW)["attempts"]
    assert attempt["judge"] == {"threshold": 4, "score": None, "reasons": (), "note": UNREADABLE}


async def test_a_run_that_is_not_sampled_says_so() -> None:
    provider = provide(TEXT)
    events = await carry_out(make_pipeline(provider), judge_run(judge={**JUDGE, "sample": 1e-9}))

    assert judgements(events) == [TextJudged(attempt=1, passed=True, judge=Judgement(threshold=4, note=UNSAMPLED))]


async def test_a_set_without_a_judge_says_nothing_of_one() -> None:
    events = await carry_out(make_pipeline(provide(TEXT)), make_run(checks=LONG_ENOUGH))

    assert judgements(events) == [TextJudged(attempt=1, passed=True)]


async def test_a_text_that_only_the_judge_faults_is_better_than_one_that_broke_a_check() -> None:
    two = json.dumps({"reasons": [{"reason": "A.", "quote": ""}, {"reason": "B.", "quote": ""}], "score": 3})
    provider = provide("Tea.", TEXT, two, "Hot.")
    events = await carry_out(make_pipeline(provider), judge_run())

    assert events[-1] == RunCompleted(success=False, output=TEXT, metadata={"limit": "attempts"})


async def test_of_texts_that_the_judge_faults_the_one_with_the_higher_score_is_the_best() -> None:
    worse = json.dumps({"reasons": [], "score": 1})
    provider = provide(TEXT, BAD, "Tea is cold.", worse)
    events = await carry_out(make_pipeline(provider), judge_run(limits=Limits(attempts=2)))

    assert events[-1] == RunCompleted(success=False, output=TEXT, metadata={"limit": "attempts"})
    assert judgements(events)[1].findings == (
        Finding(check="judge", message="has a score of 1 where the rubric asks for 4: go over it by the rubric."),
    )


def test_the_share_of_runs_that_are_judged_is_decided_by_their_ids() -> None:
    judge = Judge(rubric="Fine.", sample=0.25)
    due = [judge.is_due(f"run-{number}") for number in range(2000)]

    assert 400 < sum(due) < 600
    assert due == [judge.is_due(f"run-{number}") for number in range(2000)]
    assert all(evolve(judge, sample=1.0).is_due(f"run-{number}") for number in range(100))


USED = TokensUsed(stage=Stage.VALIDATOR, attempt=1, model="scripted", input_tokens=9, output_tokens=2)
LOG: tuple[Event, ...] = (
    Progressed(stage=Stage.LOAD_PROMPTS, message="Loading", progress=10),
    Progressed(stage=Stage.GENERATOR, message="Generating", progress=30, attempt=1),
    USED,
    DraftWritten(message="Initial draft generated", draft=TEXT),
    TextFormatted(stage=Stage.FORMATTER, attempt=1, text=TEXT, format="markdown"),
    Progressed(stage=Stage.VALIDATOR, message="Checking", progress=80, attempt=1),
    Progressed(stage=Stage.VALIDATOR, message="Judging", progress=80, attempt=1, model="scripted"),
    USED,
    StageRestarted(stage=Stage.VALIDATOR, attempt=1, reason="answer_unusable", supersedes=None),
    Progressed(stage=Stage.VALIDATOR, message="Judging once more", progress=80, attempt=1, model="scripted"),
    USED,
    TextJudged(attempt=1, passed=True, judge=Judgement(threshold=4, score=5)),
)
LEFT = {3: 3, 8: 2, 11: 1, 12: 0}


@pytest.mark.parametrize("kept", range(len(LOG) + 1))
async def test_a_finished_judgement_is_not_paid_for_twice(kept: int) -> None:
    calls = next(left for end, left in LEFT.items() if kept <= end)
    provider = provide(*[TEXT, "Fine.", GOOD][3 - calls :])
    run = judge_run(*LOG[:kept], restart_reason="worker_lost")

    events = await carry_out(make_pipeline(provider), run)

    assert events[-1] == RunCompleted(success=True, output=TEXT, metadata={"limit": None})
    assert len(provider.requests) == calls
    assert run.history.attempts[1].judge == Judgement(threshold=4, score=5)


async def test_a_judges_call_that_was_cut_counts_as_what_it_may_have_used() -> None:
    run = judge_run(*LOG[:7], restart_reason="worker_lost", limits=Limits(output_tokens=300))
    used, *_ = await carry_out(make_pipeline(provide(GOOD)), run)

    assert isinstance(used, TokensUsed)
    assert (used.stage, used.attempt, used.estimated, used.input_tokens > 100) == (Stage.VALIDATOR, 1, True, True)
    assert used.output_tokens == 300


@pytest.mark.parametrize(("total", "left"), [(1000, 1000), (20, 0)])
async def test_a_judges_call_that_was_cut_had_no_more_output_than_the_run_could_pay(total: int, left: int) -> None:
    run = judge_run(*LOG[:7], restart_reason="worker_lost", limits=Limits(total_tokens=total))
    used, *_ = await carry_out(make_pipeline(provide(GOOD)), run)

    assert isinstance(used, TokensUsed)
    before = USED.input_tokens + USED.output_tokens
    assert used.output_tokens == max(0, left - before - used.input_tokens)
