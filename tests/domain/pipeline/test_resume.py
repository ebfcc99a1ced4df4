"""A run goes on from its log: finished stages are never asked for again."""

from __future__ import annotations

import pytest

from adapters.providers.scripted import Stall
from domain.content.finding import Finding
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RestartReason,
    RunCompleted,
    RunFailed,
    SeqRange,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.model import Stage
from tests.domain.pipeline.kit import LONG_ENOUGH, carry_out, make_pipeline, make_run, percents, provide, types, write

LOADING = Progressed(stage=Stage.LOAD_PROMPTS, message="Loading", progress=10)
GENERATING = Progressed(stage=Stage.GENERATOR, message="Generating", progress=30, attempt=1)
GREW = TextGrew(stage=Stage.GENERATOR, attempt=1, text="Tea was", offset=0)
USED = TokensUsed(stage=Stage.GENERATOR, attempt=1, model="scripted", input_tokens=9, output_tokens=2)
DRAFT = DraftWritten(message="Initial draft generated", draft="Tea.")
FORMATTING = Progressed(stage=Stage.FORMATTER, message="Formatting", progress=60, attempt=1)
TEXT = TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea.", format="markdown")
CHECKING = Progressed(stage=Stage.VALIDATOR, message="Checking", progress=80, attempt=1)
FAILED = TextJudged(attempt=1, passed=False, findings=(Finding(check="words", message="Too short."),))
MENDING = Progressed(stage=Stage.RETRY, message="Mending", progress=85, attempt=2)
REGREW = TextGrew(stage=Stage.RETRY, attempt=2, text="Tea is", offset=0)
REPAIRED = TextFormatted(stage=Stage.RETRY, attempt=2, text="Tea is hot.", format="markdown")

LOG: tuple[Event, ...] = (
    LOADING,
    GENERATING,
    GREW,
    USED,
    DRAFT,
    FORMATTING,
    TEXT,
    CHECKING,
    FAILED,
    MENDING,
    REGREW,
    USED,
    REPAIRED,
)
CALLS_LEFT = {0: 2, 1: 2, 2: 2, 3: 2, 4: 2, 5: 1, 6: 1, 7: 1, 8: 1, 9: 1, 10: 1, 11: 1, 12: 1, 13: 0}


@pytest.mark.parametrize("kept", range(len(LOG) + 1))
async def test_a_run_that_was_cut_anywhere_goes_on_to_the_same_end(kept: int) -> None:
    texts = ["Tea.", "Tea is hot."][2 - CALLS_LEFT[kept] :]
    provider = provide(*texts)
    run = make_run(*LOG[:kept], checks=LONG_ENOUGH, restart_reason="worker_lost")

    events = await carry_out(make_pipeline(provider), run)

    assert events[-1] == RunCompleted(success=True, output="Tea is hot.", metadata={"limit": None})
    assert len(provider.requests) == CALLS_LEFT[kept]
    steps = [percent for _, percent in percents([*LOG[:kept], *events])]
    assert steps == sorted(steps)


@pytest.mark.parametrize("reason", ["worker_lost", "handed_over"])
async def test_what_was_cut_is_accounted_for_and_taken_back(reason: RestartReason) -> None:
    provider = provide("Tea is hot.")
    run = make_run(LOADING, GENERATING, GREW, restart_reason=reason)

    used, restarted, *_ = await carry_out(make_pipeline(provider), run)

    assert isinstance(used, TokensUsed)
    assert (used.stage, used.estimated, used.input_tokens > 0, used.output_tokens) == (Stage.GENERATOR, True, True, 2)
    assert restarted == StageRestarted(
        stage=Stage.GENERATOR, attempt=1, reason=reason, supersedes=SeqRange(from_seq=4, to_seq=4)
    )


async def test_a_call_that_its_worker_accounted_for_is_not_accounted_for_again() -> None:
    provider = provide("Tea is hot.")
    run = make_run(LOADING, GENERATING, GREW, USED, restart_reason="handed_over")

    first, *_ = await carry_out(make_pipeline(provider), run)

    assert isinstance(first, StageRestarted)


async def test_a_run_that_had_not_begun_has_nothing_to_restart() -> None:
    provider = provide("Tea is hot.")

    events = await carry_out(make_pipeline(provider), make_run(restart_reason="handed_over"))

    assert "restarted" not in types(events)


async def test_a_stage_that_lost_three_workers_ends_the_run() -> None:
    lost = StageRestarted(stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=None)
    provider = provide()
    run = make_run(LOADING, GENERATING, lost, GREW, lost, GREW, restart_reason="worker_lost")

    events = await carry_out(make_pipeline(provider), run)

    assert types(events) == ["usage", "progress", "error"]
    assert isinstance(events[-1], RunFailed)
    assert (events[-1].code, events[-1].retryable, events[-1].draft) == ("worker_lost", True, "Tea was")


async def test_losses_in_different_stages_do_not_add_up() -> None:
    lost = StageRestarted(stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=None)
    provider = provide("Tea is hot.")
    run = make_run(LOADING, lost, lost, GENERATING, USED, DRAFT, restart_reason="worker_lost")

    assert isinstance((await carry_out(make_pipeline(provider), run))[-1], RunCompleted)


async def test_closing_the_stream_leaves_what_the_call_used() -> None:
    provider = provide(write("Tea is", Stall()))
    run = make_run()
    steps = make_pipeline(provider).run_stream(run)
    async for events in steps:
        if isinstance(events[0], TextGrew):
            break

    await steps.aclose()

    assert run.cut_call is not None
    assert (run.cut_call.output_tokens, run.cut_call.estimated) == (2, True)
    assert (provider.open_streams, len(provider.closed_early)) == (0, 1)
