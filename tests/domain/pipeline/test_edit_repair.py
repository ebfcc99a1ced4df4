"""Local findings are mended by edits; whatever is wrong with the edits, the attempt still gets its text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters.providers.scripted import Stall
from domain.content.edits import EDITS_SCHEMA
from domain.content.finding import Finding, Place
from domain.content.word_diff import WordChange, WordChanges
from domain.errors import ProviderRefusedError
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCompleted,
    RunFailed,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.limits import Limits
from domain.run.metadata import describe_run
from domain.run.model import Stage
from tests.domain.pipeline.kit import carry_out, make_pipeline, make_run, provide, types, write
from tests.examples import NOW

FORBIDDEN = ({"check": "forbidden_phrases", "phrases": ["cutting-edge"]},)
REST = " ".join(f"Sentence {number} says what an oak lamp is good for." for number in range(20))
BAD = f"A cutting-edge lamp. {REST}"
GOOD = f"A sturdy lamp. {REST}"


def edit(find: str, replace: str) -> str:
    return json.dumps({"edits": [{"find": find, "replace": replace}]})


MENDED = edit("cutting-edge", "sturdy")
PASSED_OVER = StageRestarted(stage=Stage.RETRY, attempt=2, reason="answer_unusable", supersedes=None)


async def test_a_local_finding_is_mended_by_an_edit() -> None:
    provider = provide(BAD, MENDED)
    events = await carry_out(make_pipeline(provider), make_run(checks=FORBIDDEN))

    assert events[-1] == RunCompleted(success=True, output=GOOD, metadata={"limit": None})
    assert [request.output_schema for request in provider.requests] == [None, EDITS_SCHEMA]
    assert provider.requests[1].turns[1].content == BAD
    assert "cutting-edge" in provider.requests[1].turns[2].content


async def test_deltas_add_up_to_the_edited_text_and_never_show_the_edits() -> None:
    events = await carry_out(make_pipeline(provide(BAD, MENDED)), make_run(checks=FORBIDDEN))

    deltas = [event for event in events if isinstance(event, TextGrew) and event.attempt == 2]
    assert deltas == [TextGrew(stage=Stage.RETRY, attempt=2, text=GOOD, offset=0)]


async def test_usage_text_and_changes_of_an_edit_are_told_together() -> None:
    run = make_run(checks=FORBIDDEN)
    groups = [events async for events in make_pipeline(provide(BAD, MENDED)).run_stream(run)]

    group = next(events for events in groups if events and getattr(events[-1], "edits", None))
    assert [event.type for event in group] == ["usage", "delta", "text"]
    assert group[-1] == TextFormatted(
        stage=Stage.RETRY,
        attempt=2,
        text=GOOD,
        format="markdown",
        base=1,
        edits=1,
        changes=WordChanges(
            words_removed=1, words_added=1, places=(WordChange(line=1, removed="cutting-edge", added="sturdy"),)
        ),
    )


async def test_metadata_says_what_each_attempt_changed_and_how() -> None:
    run = make_run(checks=FORBIDDEN)
    await carry_out(make_pipeline(provide(BAD, MENDED)), run)

    first, second = describe_run(run.id, run.spec, run.history, now=NOW)["attempts"]
    assert (first["base"], first["edits"], first["changes"]) == (None, None, None)
    assert (second["base"], second["edits"]) == (1, 1)
    assert second["changes"] == {
        "words_removed": 1,
        "words_added": 1,
        "places": ({"line": 1, "removed": "cutting-edge", "added": "sturdy"},),
        "omitted": 0,
    }


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        edit("modern", "sturdy"),
        edit("lamp", "light"),
        edit("cutting-edge", "cutting-edge"),
        '{"edits": []}',
        MENDED[:-1],
        edit(BAD, ""),
    ],
    ids=["text", "not there", "many places", "nothing", "none", "cut", "everything"],
)
async def test_edits_that_do_not_apply_lead_to_the_whole_text_in_the_same_attempt(answer: str) -> None:
    provider = provide(BAD, answer, GOOD)
    events = await carry_out(make_pipeline(provider), make_run(checks=FORBIDDEN))

    assert events[-1] == RunCompleted(success=True, output=GOOD, metadata={"limit": None})
    assert [request.attempt for request in provider.requests] == [1, 2, 2]
    assert provider.requests[2].output_schema is None
    assert PASSED_OVER in events
    assert len([event for event in events if isinstance(event, TokensUsed)]) == 3


async def test_edits_that_become_longer_than_the_text_are_broken_off() -> None:
    provider = provide(BAD, write("x" * (len(BAD) + 1200), Stall()), GOOD)
    events = await carry_out(make_pipeline(provider), make_run(checks=FORBIDDEN))

    assert len(provider.closed_early) == 1
    assert PASSED_OVER in events
    assert isinstance(events[-1], RunCompleted)
    assert events[-1].success


async def test_a_model_whose_edits_did_not_apply_is_not_asked_for_edits_again() -> None:
    provider = provide(BAD, "No.", BAD, GOOD)
    await carry_out(make_pipeline(provider), make_run(checks=FORBIDDEN))

    assert [request.output_schema for request in provider.requests] == [None, EDITS_SCHEMA, None, None]


async def test_edits_that_make_things_worse_never_replace_the_better_text() -> None:
    worse = edit("Sentence 3", "This cutting-edge sentence, a TODO")
    checks = (*FORBIDDEN, {"check": "placeholders"})
    provider = provide(BAD, worse, MENDED)
    events = await carry_out(make_pipeline(provider), make_run(checks=checks))

    assert provider.requests[2].turns[1].content == BAD
    assert events[-1] == RunCompleted(success=True, output=GOOD, metadata={"limit": None})


async def test_of_attempts_that_all_failed_the_best_text_is_returned() -> None:
    worse = edit("Sentence 3", "A TODO and sentence 3")
    checks = (*FORBIDDEN, {"check": "placeholders"})
    events = await carry_out(make_pipeline(provide(BAD, worse)), make_run(checks=checks, limits=Limits(attempts=2)))

    assert events[-1] == RunCompleted(success=False, output=BAD, metadata={"limit": "attempts"})


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("A cutting-edge lamp.", FORBIDDEN),
        (BAD, (*FORBIDDEN, {"check": "words", "min": 900})),
        (GOOD, ({"check": "words", "max": 50},)),
        (GOOD, ({"check": "required_phrases", "phrases": ["brass"]},)),
    ],
    ids=["a short text", "one that is not local", "length", "no place"],
)
async def test_what_is_not_local_is_mended_in_the_whole_text(text: str, checks: tuple[dict[str, object], ...]) -> None:
    provider = provide(text, GOOD)
    await carry_out(make_pipeline(provider), make_run(checks=checks, limits=Limits(attempts=2)))

    assert provider.requests[1].output_schema is None


async def test_a_text_that_was_cut_off_is_mended_in_the_whole_text() -> None:
    provider = provide(write(BAD, stop_reason="max_tokens"), GOOD)
    await carry_out(make_pipeline(provider), make_run(checks=FORBIDDEN))

    assert provider.requests[1].output_schema is None


async def test_asking_for_edits_names_the_model_and_no_delta() -> None:
    events = await carry_out(make_pipeline(provide(BAD, MENDED)), make_run(checks=FORBIDDEN))

    asked = [event for event in events if isinstance(event, Progressed) and "edits" in event.message]
    assert {(event.stage, event.attempt, event.model) for event in asked} == {(Stage.RETRY, 2, "scripted")}


async def test_edits_of_a_long_text_are_applied_where_they_hold_nobody_up() -> None:
    handed: list[str] = []

    async def offload(work: Callable[..., Any], *arguments: Any) -> Any:
        handed.append(str(arguments[0]))
        return work(*arguments)

    pipeline = make_pipeline(provide(f"{BAD}\n\n{REST * 3}", MENDED), offload=offload)
    await carry_out(pipeline, make_run(checks=FORBIDDEN))

    assert MENDED in handed


LOADING = Progressed(stage=Stage.LOAD_PROMPTS, message="Loading", progress=10)
USED = TokensUsed(stage=Stage.RETRY, attempt=2, model="scripted", input_tokens=9, output_tokens=2)
LOG: tuple[Event, ...] = (
    LOADING,
    Progressed(stage=Stage.GENERATOR, message="Generating", progress=30, attempt=1),
    USED,
    DraftWritten(message="Initial draft generated", draft=BAD),
    TextFormatted(stage=Stage.FORMATTER, attempt=1, text=BAD, format="markdown"),
    TextJudged(
        attempt=1,
        passed=False,
        findings=(
            Finding(
                check="forbidden_phrases",
                message='says "cutting-edge": say it differently.',
                where=Place(line=1, column=3, quote="cutting-edge"),
            ),
        ),
    ),
    Progressed(stage=Stage.RETRY, message="Mending by edits", progress=85, attempt=2, model="scripted"),
    USED,
    PASSED_OVER,
    Progressed(stage=Stage.RETRY, message="Mending", progress=85, attempt=2),
    TextGrew(stage=Stage.RETRY, attempt=2, text="A sturdy", offset=0),
    USED,
    TextFormatted(stage=Stage.RETRY, attempt=2, text=GOOD, format="markdown", base=1),
)
LEFT = {3: 3, 8: 2, 12: 1, 13: 0}


@pytest.mark.parametrize("kept", range(len(LOG) + 1))
async def test_a_run_cut_anywhere_around_refused_edits_goes_on_to_the_same_end(kept: int) -> None:
    calls = next(left for end, left in LEFT.items() if kept <= end)
    provider = provide(*[BAD, "No edits.", GOOD][3 - calls :])
    run = make_run(*LOG[:kept], checks=FORBIDDEN, restart_reason="worker_lost")

    events = await carry_out(make_pipeline(provider), run)

    assert events[-1] == RunCompleted(success=True, output=GOOD, metadata={"limit": None})
    assert len(provider.requests) == calls


async def test_edits_that_no_model_can_make_end_the_run_with_the_text_that_there_is() -> None:
    provider = provide(BAD, ProviderRefusedError("No."))
    events = await carry_out(make_pipeline(provider), make_run(checks=FORBIDDEN))

    assert isinstance(events[-1], RunFailed)
    assert (events[-1].code, events[-1].draft) == ("provider_refused", BAD)


async def test_edits_that_were_cut_are_accounted_for() -> None:
    run = make_run(*LOG[:7], checks=FORBIDDEN, restart_reason="worker_lost")
    events = await carry_out(make_pipeline(provide(MENDED)), run)

    assert types(events)[:2] == ["usage", "restarted"]
    assert isinstance(events[0], TokensUsed)
    assert (events[0].stage, events[0].attempt, events[0].estimated) == (Stage.RETRY, 2, True)
    assert events[0].output_tokens == run.spec.limits.output_tokens
    assert run.history.restarts == 1
