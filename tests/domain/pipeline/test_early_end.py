"""Hopeless attempts end while they stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from adapters.providers.scripted import Stall
from domain.run.events import DraftWritten, RunCompleted, RunFailed, TextJudged, TokensUsed
from domain.run.limits import Limits
from tests.domain.pipeline.kit import carry_out, make_pipeline, make_run, provide, text_of, write

FORBIDDEN = {"check": "forbidden_phrases", "on": "draft", "phrases": ["cutting-edge"]}
SHORT = {"check": "words", "on": "draft", "max": 20}
FILLER = "This lamp is made of oak and it stands on a desk. "


@pytest.mark.parametrize(
    ("check", "hopeless"),
    [(FORBIDDEN, "A cutting-edge lamp. "), (SHORT, FILLER * 4)],
    ids=["forbidden phrase", "over-length"],
)
async def test_a_hopeless_attempt_ends_while_it_streams(check: Mapping[str, Any], hopeless: str) -> None:
    script = write(*(hopeless[index : index + 10] for index in range(0, len(hopeless), 10)), *[FILLER] * 3, Stall())
    provider = provide(script, "An oak lamp.")
    events = await carry_out(make_pipeline(provider), make_run(checks=[check]))

    first = next(event for event in events if isinstance(event, TextJudged))
    assert (first.attempt, first.passed, first.findings[0].check) == (1, False, check["check"])
    assert not [event for event in events if isinstance(event, DraftWritten)]
    assert len(provider.closed_early) == 1
    assert events[-1] == RunCompleted(success=True, output="An oak lamp.", metadata={"limit": None})


async def test_the_tokens_of_a_hopeless_attempt_are_accounted_for() -> None:
    provider = provide(write("A cutting-edge lamp. ", FILLER, Stall()), "An oak lamp.")
    events = await carry_out(make_pipeline(provider), make_run(checks=[FORBIDDEN]))

    used = next(event for event in events if isinstance(event, TokensUsed))
    assert (used.attempt, used.estimated, used.output_tokens > 0) == (1, True, True)


async def test_a_repair_can_be_hopeless_too() -> None:
    provider = provide(
        write("A cutting-edge lamp. ", FILLER, Stall()),
        write("Again cutting-edge. ", FILLER, Stall()),
        "An oak lamp.",
    )
    events = await carry_out(make_pipeline(provider), make_run(checks=[FORBIDDEN]))

    assert [event.attempt for event in events if isinstance(event, TextJudged)] == [1, 2, 3]
    assert events[-1] == RunCompleted(success=True, output="An oak lamp.", metadata={"limit": None})


async def test_a_run_of_hopeless_attempts_only_returns_what_was_written() -> None:
    provider = provide(write("A cutting-edge lamp. ", FILLER, Stall()))
    events = await carry_out(make_pipeline(provider), make_run(checks=[FORBIDDEN], limits=Limits(attempts=1)))

    end = events[-1]
    assert isinstance(end, RunFailed)
    assert (end.code, end.metadata["limit"], end.draft) == ("limit_reached", "attempts", text_of(events))


async def test_sound_texts_are_not_ended() -> None:
    provider = provide(write(FILLER, "Done."))
    events = await carry_out(make_pipeline(provider), make_run(checks=[FORBIDDEN, SHORT]))

    assert isinstance(events[-1], RunCompleted)
    assert events[-1].success
