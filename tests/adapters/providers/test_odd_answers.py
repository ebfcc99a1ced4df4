"""F45: huge answers are bounded, odd ones are read as they are or fail cleanly, however they are split."""

from __future__ import annotations

import asyncio
import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import ProviderCutError, ProviderError, ProviderUnavailableError
from domain.run.usage import Tokens
from tests.adapters.providers.sides import REQUEST, SIDES, Side, completion_of, read, text_of
from tests.effort import effort
from tests.wire.answer import TEXT, Answer

MEGABYTE = 1024 * 1024
ODD = [
    "\x00",
    "a\x00b",
    "\r\n",
    "\u2028\u2029",
    "data: x\n\nevent: error\n\n",
    "\ud83e\ude81".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\ufeff",
    "\u202e",
    "é" * 10,
    "}{",
    "[DONE]",
]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(pieces=["x" * 65_536], repeat=800), id="50 MB in deltas"),
        pytest.param(Answer(pieces=["x" * 50 * MEGABYTE]), id="50 MB in one event"),
        pytest.param(Answer(raw="data: " + "x" * 65_530, repeat=800), id="50 MB in a line without an end"),
        pytest.param(Answer(raw="data: xxxx\n" * 6_000, repeat=800), id="50 MB in an event without an end"),
        pytest.param(Answer(thinking=["hm " * 20_000] * 800), id="50 MB of thoughts"),
    ],
)
async def test_an_endless_answer_is_ended(side: Side, answer: Answer) -> None:
    async with side.meet(answer) as (provider, server):
        tracemalloc.start()
        with pytest.raises(ProviderCutError, match=r"^The model's provider sent more than an answer may have\.$"):
            await read(provider)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await server.until(lambda server: server.is_quiet)

    # The server of the test lives in the same memory: what it has made of one event counts as well.
    assert peak < (260 if answer.repeat == 1 and answer.pieces else 30) * MEGABYTE


async def test_an_endless_page_of_an_error_is_ended(side: Side) -> None:
    async with side.meet(Answer(status=500, html=True, message="x" * 65_536, repeat=800)) as (provider, _):
        with pytest.raises(ProviderCutError):
            await read(provider)


@pytest.mark.parametrize("text", ODD)
async def test_odd_text_is_kept(side: Side, text: str) -> None:
    async with side.meet(Answer(pieces=["a", text, "b"])) as (provider, _):
        items = await read(provider)

    assert text_of(items) == f"a{text}b"


async def test_halves_of_characters_become_replacements(side: Side) -> None:
    lone = r'"\ud83e"'
    name = side.name
    body = {
        "anthropic": 'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, '
        f'"delta": {{"type": "text_delta", "text": {lone}}}}}\n\n',
        "openai": f'data: {{"model": "m", "choices": [{{"index": 0, "delta": {{"content": {lone}}}}}]}}\n\n',
    }[name]
    async with side.meet(Answer(raw=body)) as (provider, _):
        items = []
        with pytest.raises(ProviderCutError):
            async for item in provider.stream(REQUEST):
                items.append(item)

    assert text_of(items) == "\ufffd"


async def test_bytes_that_are_no_text_fail_cleanly(side: Side) -> None:
    async with side.meet(Answer(raw='data: {"type": "x\xff\xfe"}\n\n')) as (provider, _):
        with pytest.raises(ProviderUnavailableError):
            await read(provider)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 1000])
async def test_an_answer_is_the_same_however_it_is_split(side: Side, size: int) -> None:
    text = "Ebbe — føhn, 潮汐 🪁 " * 3
    async with side.meet(Answer(text=text, write_size=size)) as (provider, _):
        items = await read(provider)

    assert text_of(items) == text


KEYS = ["type", "index", "delta", "text", "message", "usage", "content", "choices", "model", "error", "finish_reason"]
KINDS = ["message_start", "content_block_delta", "message_delta", "message_stop", "error", "ping", "text_delta", "x"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", sorted(SIDES))
@settings(
    max_examples=effort(25, 300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=st.lists(st.tuples(st.sampled_from(KINDS), json_values), max_size=4), size=st.sampled_from([1, 7, 4096]))
def test_any_json_is_read_or_fails_cleanly(name: str, events: list[tuple[str, object]], size: int) -> None:
    async def work() -> None:
        async with SIDES[name].meet(Answer(raw=_write(events), write_size=size)) as (provider, _):
            try:
                items = await read(provider)
            except ProviderError:
                return
            completion_of(items)

    asyncio.run(work())


def _write(events: list[tuple[str, object]]) -> str:
    lines = []
    for kind, value in events:
        document = {"type": kind, **value} if isinstance(value, dict) else value
        lines.append(f"event: {kind}\ndata: {json.dumps(document)}\n\n")
    return "".join(lines)


async def test_counts_that_are_odd_are_not_believed(side: Side) -> None:
    async with side.meet(Answer(input_tokens=-5, output_tokens=-7)) as (provider, _):
        items = await read(provider)

    tokens = completion_of(items).tokens
    assert tokens is not None
    assert min(tokens.input, tokens.output, tokens.cached, tokens.cache_written) >= 0


async def test_an_answer_that_counts_nothing_is_whole(side: Side) -> None:
    async with side.meet(Answer(usage=False)) as (provider, _):
        items = await read(provider)

    assert text_of(items) == TEXT
    assert completion_of(items).tokens in (None, Tokens(), Tokens(output=1))
