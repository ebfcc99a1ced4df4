"""F42 and S48: who closes a call closes its connection at once, and nobody else ever gets what was left in it."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, suppress
from math import inf

import pytest
from attrs import evolve

from domain.completion import TextDelta
from domain.errors import ProviderError, ProviderStalledError
from domain.ports import Provider
from tests.adapters.providers.sides import REQUEST, Side, read, text_of
from tests.effort import effort
from tests.wire.answer import Answer

SILENT = [
    pytest.param(Answer(delay=-1), id="no headers"),
    pytest.param(Answer(then="stall"), id="headers only"),
    pytest.param(Answer(then="stall", at=5), id="silence in the text"),
    pytest.param(Answer(then="pings", at=5), id="pings in the text"),
    pytest.param(Answer(repeat=100_000), id="in full flow"),
]
SECONDS = 1.0
CALLS = effort(160, 12_000)


async def read_for_ever(provider: Provider) -> None:
    await read(provider, max_output_tokens=1_000_000)


@pytest.mark.parametrize("answer", SILENT)
async def test_a_cancelled_call_leaves_no_connection(side: Side, answer: Answer) -> None:
    async with side.meet(answer) as (provider, server):
        call = asyncio.create_task(read_for_ever(provider))
        await server.until(lambda server: len(server.received) == 1)
        await asyncio.sleep(0.02)
        call.cancel()
        await asyncio.wait({call}, timeout=SECONDS)
        await server.until(lambda server: server.is_quiet, seconds=SECONDS)

        assert call.cancelled()
        assert server.received[0].ended == "left"


async def test_a_closed_stream_leaves_no_connection(side: Side) -> None:
    async with side.meet(Answer(then="stall", at=6)) as (provider, server):
        async with aclosing(provider.stream(REQUEST)) as items:
            async for item in items:
                if isinstance(item, TextDelta):
                    break
        await server.until(lambda server: server.is_quiet, seconds=SECONDS)

        assert server.received[0].ended == "left"


async def test_many_silent_calls_leave_no_connection(side: Side) -> None:
    async with side.meet(Answer(then="stall", at=4), idle_seconds=2) as (provider, server):
        calls = [asyncio.create_task(read_for_ever(provider)) for _ in range(30)]
        await server.until(lambda server: len(server.received) == len(calls))
        for call in calls[::2]:
            call.cancel()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        await server.until(lambda server: server.is_quiet, seconds=SECONDS)

    assert {one.ended for one in server.received} == {"left"}
    assert [type(error) for error in ended] == [asyncio.CancelledError, ProviderStalledError] * 15


async def test_a_whole_answer_lets_its_connection_be_used_again(side: Side) -> None:
    async with side.meet() as (provider, server):
        for _ in range(3):
            await read(provider)

        assert [one.connection for one in server.received] == [1, 1, 1]


async def test_a_call_that_was_cancelled_anywhere_never_answers_another(side: Side) -> None:
    """Cancel at as many awaits as there are; every call's answer holds a mark of its own."""
    chance = random.Random(7)
    names = [f"m{number}" for number in range(CALLS)]
    answers = {name: [Answer(pieces=[f"<{name}> "] * 6)] for name in names}
    async with side.meet() as (provider, server):
        server.script = type(server.script)(answers)

        async def call(name: str, turns: int | None) -> str | None:
            work = asyncio.create_task(read(provider, evolve(REQUEST, model=name)))
            if turns is None:
                return text_of(await work)
            for _ in range(turns):
                await asyncio.sleep(0)
            work.cancel()
            with suppress(asyncio.CancelledError, ProviderError):
                return text_of(await work)
            return None

        for start in range(0, len(names), 8):
            group = names[start : start + 8]
            texts = await asyncio.gather(*(call(name, chance.choice([None, chance.randrange(90)])) for name in group))
            assert [text for text in texts if text not in (None, *(f"<{name}> " * 6 for name in group))] == []
            for name, text in zip(group, texts, strict=True):
                assert text in (None, f"<{name}> " * 6)
        left = {one.connection: one.at for one in reversed(server.received) if one.ended == "left"}

        assert left
        after = [one for one in server.received if one.at >= left.get(one.connection, inf) and one.ended == "whole"]
        assert after == []
