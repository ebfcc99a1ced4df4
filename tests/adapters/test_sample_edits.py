"""The sample provider when it is asked for edits or a judgement."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.clock import ManualClock
from adapters.prompts.files import read_prompt_files
from adapters.providers.sample.provider import SampleProvider, write_sample
from domain.completion import PromptRequest, Turn
from domain.content.edits import EDITS_SCHEMA, apply_edits, read_edits
from domain.content.finding import Finding, place_at
from domain.content.judgement import Judge, Judgement
from domain.content.judging import JUDGEMENT_SCHEMA, read_judgement
from domain.content.places import render_edit_request
from domain.pipeline.run import Run
from domain.run.events import RunCompleted, TextFormatted
from domain.run.history import History
from domain.run.model import RunRequest, Stage
from tests.domain.pipeline.kit import carry_out, compute_here, make_pipeline
from tests.examples import QUEUED, RUN_ID, make_records, make_spec

PROMPTS = Path(__file__).parents[2] / "prompts"


def ask(text: str, *quotes: str) -> PromptRequest:
    findings = tuple(
        Finding(
            check="forbidden_phrases",
            message="says it: say it differently.",
            where=place_at(text, start, start + len(quote)),
        )
        for quote in quotes
        for start in [text.index(quote)]
    )
    return PromptRequest(
        stage=Stage.RETRY,
        attempt=2,
        model="sample",
        system="",
        turns=(
            Turn(role="user", content="Write."),
            Turn(role="assistant", content=text),
            Turn(role="user", content=render_edit_request(findings, text)),
        ),
        max_output_tokens=900,
        inputs={},
        output_schema=EDITS_SCHEMA,
    )


@pytest.mark.parametrize(
    ("text", "quotes", "edited"),
    [
        ("A modern lamp is a lamp that works.", ("modern",), "A lamp is a lamp that works."),
        ("modern lamps work for as long as you like.", ("modern",), " lamps work for as long as you like."),
        ("A modern lamp, and one more modern lamp.", ("modern",), "A lamp, and one more lamp."),
        ("A modern, bright lamp for the bright rooms.", ("modern,", "rooms"), "A bright lamp for the bright."),
    ],
)
def test_the_words_that_findings_quote_are_left_out_wherever_they_stand(
    text: str, quotes: tuple[str, ...], edited: str
) -> None:
    assert apply_edits(text, read_edits(write_sample(ask(text, *quotes)))) == edited


def test_a_sample_is_judged_to_be_as_good_as_it_can_be() -> None:
    request = PromptRequest(
        stage=Stage.VALIDATOR,
        attempt=1,
        model="sample",
        system="",
        turns=(Turn(role="user", content="Judge."),),
        max_output_tokens=900,
        inputs={},
        output_schema=JUDGEMENT_SCHEMA,
    )

    judge = Judge(rubric="It is a sample.")
    assert read_judgement(write_sample(request), judge, "Text.") == (Judgement(threshold=4, score=5), ())


async def test_a_run_with_a_forbidden_phrase_shows_a_repair_by_edits() -> None:
    files, _ = read_prompt_files(PROMPTS)
    prompt_set = next(file.prompt_set for file in files if file.name == "press-release")
    inputs = dict(prompt_set.samples[0])
    checks = (*prompt_set.checks, {"check": "forbidden_phrases", "phrases": ["judges the text"]})
    run = Run(
        id=RUN_ID,
        spec=make_spec(
            request=RunRequest(prompt="press-release", inputs=inputs),
            checks=checks,
            output_format=prompt_set.output_format,
            model="sample",
        ),
        prompt_set=prompt_set,
        history=History.fold(make_records((QUEUED,), seconds_apart=0.0)),
    )
    provider = SampleProvider(ManualClock(), tokens_per_second=0)
    events = await carry_out(make_pipeline(provider, offload=compute_here), run)

    assert isinstance(events[-1], RunCompleted)
    assert events[-1].success
    assert [event.edits for event in events if isinstance(event, TextFormatted)] == [None, 1]
