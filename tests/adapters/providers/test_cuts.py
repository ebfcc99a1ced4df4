"""F41 and F40: an answer that is cut anywhere is never taken for a whole one, and never glued to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

import pytest

from adapters.clock import ManualClock
from domain.completion import Completion, ProviderItem
from domain.errors import ProviderCutError, ProviderError, ProviderUnavailableError
from domain.pipeline.pipeline import ContentPipeline
from domain.pipeline.surroundings import Surroundings
from domain.ports import Provider
from domain.run.events import Event, RunCompleted, StageRestarted, TextGrew
from domain.run.model import Stage
from tests.adapters.providers.sides import ANTHROPIC, OPENAI, Side, completion_of, read, text_of
from tests.domain.pipeline.kit import carry_out, compute_here, make_run
from tests.effort import effort
from tests.wire.answer import Answer, Script
from tests.wire.exchange import Received
from tests.wire.server import WireServer

WORDS = "Ebbe — føhn, 潮汐 🪁"
BRIEF = "Ebbe 潮🪁"
"""Characters of one, three and four bytes; short, since every byte of its answer costs a call."""
SECOND = "The other tide."
ASKED = Received(
    connection=1,
    method="POST",
    path="/",
    headers={},
    body=b'{"model": "m", "stream_options": {"include_usage": true}}',
)
AT_ONCE = 16
STEP = effort(7, 1)
"""Every byte is cut at with a clean end, the likeliest to deceive; other ends, and whole runs, take this step."""


def record(side: Side) -> bytes:
    """Return the body of a whole answer."""
    return b"".join(side.wire.events(Answer(text=BRIEF), ASKED))


async def outcome(provider: Provider) -> list[ProviderItem] | ProviderError:
    try:
        return await read(provider, model="m")
    except ProviderError as error:
        return error


async def cut_at(side: Side, places: list[int], cut: Literal["fin", "rst", "end"]) -> Iterator[object]:
    """Return what came of a call for each place, in order."""
    answers = [Answer(text=BRIEF, cut_at=place, cut=cut) for place in places]
    found: list[object] = []
    async with side.meet(*answers) as (provider, _):
        for start in range(0, len(places), AT_ONCE):
            group = places[start : start + AT_ONCE]
            found += await asyncio.gather(*(outcome(provider) for _ in group))
    return iter(found)


@pytest.mark.parametrize("cut", ["end", "fin", "rst"])
async def test_a_text_that_was_cut_at_any_byte_is_never_called_done(
    side: Side, cut: Literal["fin", "rst", "end"]
) -> None:
    size = len(record(side))
    places = list(range(1, size, 1 if cut == "end" else STEP))
    wholes, errors = 0, set()
    for found in await cut_at(side, places, cut):
        if isinstance(found, list):
            assert isinstance(found[-1], Completion)
            assert text_of(found) == BRIEF
            wholes += 1
        else:
            errors.add(type(found))

    # Only what comes behind the end of the text may be missing from an answer that counts.
    assert wholes < len(places) / 3
    assert errors <= {ProviderCutError, ProviderUnavailableError}


async def test_the_whole_answer_is_done(side: Side) -> None:
    async with side.meet(Answer(text=BRIEF, cut_at=len(record(side)) + 1)) as (provider, _):
        items = await read(provider, model="m")

    assert text_of(items) == BRIEF
    assert completion_of(items).stop_reason == "end"


async def run_through(provider: Provider, server: WireServer, *answers: Answer) -> list[Event]:
    """Carry out a run whose provider answers so, without waiting between tries."""
    server.script = Script(answers)
    around = Surroundings(
        provider=provider,
        clock=ManualClock(),
        chance=lambda: 0.0,
        offload=compute_here,
    )
    return await carry_out(ContentPipeline(around), make_run())


def shown(events: list[Event]) -> str:
    """Return the text that a client shows at the end."""
    text = ""
    for event in events:
        if isinstance(event, StageRestarted):
            assert (event.stage, event.reason) == (Stage.GENERATOR, "provider_failed")
            text = ""
        elif isinstance(event, TextGrew):
            assert event.offset == len(text)
            text += event.text
    return text


@pytest.mark.parametrize("then", ["error", "fin", "end", "bad_json"])
async def test_a_text_that_broke_off_is_taken_back_wherever_it_did(
    side: Side, then: Literal["error", "fin", "end", "bad_json"]
) -> None:
    whole = Answer(text=SECOND)
    async with side.meet() as (provider, server):
        for at in range(1, 7):
            broken = Answer(text=WORDS, then=then, at=at, kind="api_error")
            events = await run_through(provider, server, broken, whole)

            assert shown(events) == SECOND
            assert isinstance(events[-1], RunCompleted)
            assert events[-1].output == SECOND
            began = any(isinstance(event, TextGrew) and event.text in WORDS for event in events)
            assert began == any(isinstance(event, StageRestarted) for event in events)


async def test_a_text_that_was_cut_at_any_byte_is_never_glued(side: Side) -> None:
    async with side.meet() as (provider, server):
        for place in range(1, len(record(side)), STEP):
            cut = Answer(text=BRIEF, cut_at=place, cut="end")
            events = await run_through(provider, server, cut, Answer(text=SECOND))

            assert shown(events) in (BRIEF, SECOND)
            assert isinstance(events[-1], RunCompleted)
            assert events[-1].output == shown(events)


async def test_a_second_answer_in_the_same_stream_is_not_glued_to_the_first() -> None:
    events = list(ANTHROPIC.wire.events(Answer(text=WORDS), ASKED))
    twice = b"".join((*events[:6], *events)).decode("latin-1")
    async with ANTHROPIC.meet(Answer(raw=twice)) as (provider, _):
        with pytest.raises(ProviderCutError):
            await read(provider)


async def test_what_comes_behind_the_end_of_a_text_is_not_part_of_it() -> None:
    events = list(OPENAI.wire.events(Answer(text=WORDS), ASKED))
    twice = b"".join((*events[:-2], *events)).decode("latin-1")
    async with OPENAI.meet(Answer(raw=twice)) as (provider, _):
        items = await read(provider)

    assert text_of(items) == WORDS
