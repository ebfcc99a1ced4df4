"""What the servers are sent: the prompt, its limits and options, and nothing that lay about in the environment."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import Any

import pytest
from attrs import evolve

from adapters.clock import SystemClock
from adapters.providers.openai.provider import OpenAIProvider
from domain.completion import Completion, Model, ModelOptions, TokensSoFar, Turn
from domain.errors import ProviderRefusedError
from domain.run.usage import Tokens
from tests.adapters.providers.sides import ANTHROPIC, KEY, OPENAI, REQUEST, Side, completion_of, read, text_of
from tests.wire.answer import TEXT, Answer
from tests.wire.openai import OpenAIWire
from tests.wire.server import serving

CACHED = {"type": "ephemeral"}
SCHEMA = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string", "maxLength": 60}, "note": {"type": ["string", "null"]}},
}
REPAIR = evolve(
    REQUEST, turns=(*REQUEST.turns, Turn(role="assistant", content=" "), Turn(role="user", content="Mend it."))
)


async def ask(side: Side, *answers: Answer, **changes: Any) -> list[dict[str, Any]]:
    """Return the bodies of what one call sends."""
    async with side.meet(*answers) as (provider, server):
        await read(provider, **changes)
        return [one.json for one in server.asked]


async def test_anthropic_is_sent_blocks_with_marks_for_its_cache() -> None:
    [body] = await ask(ANTHROPIC, turns=REPAIR.turns)

    assert body == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 400,
        "stream": True,
        "system": [{"type": "text", "text": REQUEST.system, "cache_control": CACHED}],
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Write about the tide.", "cache_control": CACHED}],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "(no text)"}]},
            {"role": "user", "content": [{"type": "text", "text": "Mend it."}]},
        ],
    }


async def test_openai_is_sent_messages_and_asked_for_usage() -> None:
    [body] = await ask(OPENAI)

    assert body == {
        "model": REQUEST.model,
        "max_completion_tokens": 400,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "system", "content": REQUEST.system},
            {"role": "user", "content": "Write about the tide."},
        ],
    }


async def test_a_blank_system_prompt_is_left_out(side: Side) -> None:
    [body] = await ask(side, system=" \n")

    assert "system" not in str(body)


async def test_thinking_and_effort_are_passed_on_to_anthropic() -> None:
    [thinking] = await ask(ANTHROPIC, options=ModelOptions(thinking="adaptive", effort="low"))
    [off] = await ask(ANTHROPIC, options=ModelOptions(thinking="off"))

    assert (thinking["thinking"], thinking["output_config"]) == (
        {"type": "adaptive", "display": "summarized"},
        {"effort": "low"},
    )
    assert (off["thinking"], "output_config" in off) == ({"type": "disabled"}, False)


async def test_effort_is_passed_on_to_openai() -> None:
    bodies = [
        await ask(OPENAI, options=options) for options in (ModelOptions(effort="max"), ModelOptions(thinking="off"))
    ]

    assert [body["reasoning_effort"] for [body] in bodies] == ["max", "none"]


async def test_a_schema_is_sent_to_anthropic_as_it_takes_one() -> None:
    [body] = await ask(ANTHROPIC, output_schema=SCHEMA)

    assert body["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {
            "type": "object",
            "required": ["title"],
            "additionalProperties": False,
            "properties": {
                "title": {"type": "string", "description": "{maxLength: 60}"},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
        },
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object"},
        {"type": "object", "properties": {}, "patternProperties": {"^a": {}}},
        {"type": "array", "items": {"type": "object", "properties": {"a": True}}},
        {"description": "anything"},
        {"not": {"type": "string"}},
    ],
)
async def test_a_schema_that_anthropic_can_not_be_told_is_left_to_the_checks(schema: dict[str, Any]) -> None:
    [body] = await ask(ANTHROPIC, output_schema=schema)

    assert "output_config" not in body


async def test_a_schema_is_sent_to_openai_as_it_stands() -> None:
    [body] = await ask(OPENAI, output_schema=SCHEMA)

    assert body["response_format"] == {"type": "json_schema", "json_schema": {"name": "output", "schema": SCHEMA}}


async def test_a_schema_that_is_refused_is_left_out_from_then_on(side: Side) -> None:
    refusal = Answer(status=400, kind="invalid_request_error", message="The json_schema is too complex.")
    async with side.meet(refusal, Answer()) as (provider, server):
        first = await read(provider, output_schema=SCHEMA)
        second = await read(provider, output_schema=SCHEMA)
        sent = ["schema" in str(one.json) for one in server.asked]

    assert (text_of(first), text_of(second), sent) == (TEXT, TEXT, [True, False, False])


async def test_a_refusal_of_something_else_is_no_reason_to_ask_again(side: Side) -> None:
    async with side.meet(Answer(status=400, kind="invalid_request_error", message="no")) as (provider, server):
        with pytest.raises(ProviderRefusedError):
            await read(provider, output_schema=SCHEMA)

        assert len(server.asked) == 1


async def test_an_older_server_is_asked_without_what_it_does_not_know() -> None:
    refusals = [
        Answer(status=400, kind="invalid_request_error", message=f"Unknown field: {name}")
        for name in ("max_completion_tokens", "response_format", "stream_options", "reasoning_effort")
    ]
    async with OPENAI.meet(*refusals, Answer()) as (provider, server):
        items = await read(provider, output_schema=SCHEMA, options=ModelOptions(effort="low"))
        body = server.asked[-1].json

    assert text_of(items) == TEXT
    assert sorted(body) == ["max_tokens", "messages", "model", "stream"]
    assert completion_of(items).tokens is None


async def test_a_server_on_ones_own_machine_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, KEY)
    async with (
        serving(OpenAIWire()) as server,
        OpenAIProvider.open(default_model="m", clock=SystemClock(), base_url=f"{server.url}/v1") as provider,
    ):
        await read(provider, model="m")

    assert "authorization" not in server.received[0].headers
    assert KEY not in str(server.received[0].headers)


async def test_what_the_environment_holds_for_the_sdk_is_not_sent(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    ambient = "canary-of-the-environment"
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, ambient)
    for name in ("ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, f"X-Ambient: {ambient}\nAnthropic-Beta: {ambient}")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    async with side.meet() as (provider, server):
        await read(provider)
        await provider.list_models()

    assert len(server.received) == 2
    assert ambient not in str([one.headers for one in server.received])
    assert {one.headers["authorization"] for one in server.received} == {f"Bearer {KEY}"}


async def test_tokens_are_counted_with_those_that_came_from_the_cache_and_went_there() -> None:
    answer = Answer(input_tokens=10, cached=200, cache_written=30, output_tokens=7)
    async with ANTHROPIC.meet(answer) as (provider, _):
        items = await read(provider)

    counts = [item.tokens for item in items if isinstance(item, TokensSoFar | Completion)]
    assert counts == [
        Tokens(input=240, output=1, cached=200, cache_written=30),
        Tokens(input=240, output=7, cached=200, cache_written=30),
        Tokens(input=240, output=7, cached=200, cache_written=30),
    ]


async def test_what_was_counted_before_a_failure_is_told() -> None:
    async with ANTHROPIC.meet(Answer(then="error", at=5)) as (provider, _), aclosing(provider.stream(REQUEST)) as items:
        first = await anext(items)

    assert first == TokensSoFar(tokens=Tokens(input=25, output=1))


async def test_openais_count_comes_from_its_last_chunk() -> None:
    async with OPENAI.meet(Answer(input_tokens=10, cached=5, output_tokens=7)) as (provider, _):
        items = await read(provider)

    assert completion_of(items).tokens == Tokens(input=15, output=7, cached=5)


async def test_input_is_counted_by_the_api_before_a_call() -> None:
    async with ANTHROPIC.meet() as (provider, server):
        counted = await provider.count_input(evolve(REQUEST, output_schema=SCHEMA))

    assert counted is not None
    assert sorted(server.received[0].json) == ["messages", "model", "output_config", "system"]


async def test_the_default_model_is_offered_first_and_the_list_is_kept(side: Side) -> None:
    async with side.meet() as (provider, server):
        models = await provider.list_models()
        again = await provider.list_models()

    assert models[0].id == REQUEST.model
    assert {model.id for model in models} == {*side.wire.models, REQUEST.model}  # type: ignore[attr-defined]
    assert (again, len(server.received)) == (models, 1)


async def test_where_no_list_can_be_had_the_default_is_offered(side: Side) -> None:
    async with side.meet() as (_, server):
        url = server.url
    async with side.open(url) as provider:
        assert await provider.list_models() == (Model(id=REQUEST.model, title=REQUEST.model),)


async def test_a_model_near_its_end_is_warned_of_once_and_only_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with ANTHROPIC.meet() as (provider, _):
        await read(provider, model="claude-sonnet-4-5")
        await provider.count_input(evolve(REQUEST, model="claude-sonnet-4-5"))
        items = await read(provider, model="claude-sonnet-4-5")

    assert text_of(items) == TEXT
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage() for record in warned] == ["the model is near its end of life"]
