"""What is sent for a prompt request, and which parts of it the API caches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.providers.anthropic.schema import strict_schema
from domain.completion import PromptRequest, Turn

CACHED: Final = {"type": "ephemeral"}
NO_TEXT: Final = "(no text)"
"""The API takes no blank text."""


def make_parameters(request: PromptRequest, *, with_schema: bool) -> dict[str, Any]:
    """Return the parameters of `messages.create`.

    Marked for the cache are the system prompt and the first user turn: what all stages and attempts of a run share.
    """
    parameters: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_output_tokens,
        "messages": [_write_turn(turn, is_shared=place == 0) for place, turn in enumerate(request.turns)],
    }
    if request.system.strip():
        parameters["system"] = [{"type": "text", "text": request.system, "cache_control": CACHED}]
    thinking = request.options.thinking
    if thinking is not None:
        # Summarized thoughts are how a model that thinks is told from one that hangs.
        parameters["thinking"] = (
            {"type": "adaptive", "display": "summarized"} if thinking == "adaptive" else {"type": "disabled"}
        )
    output = _configure_output(request, with_schema=with_schema)
    return parameters | ({"output_config": output} if output else {})


def _write_turn(turn: Turn, *, is_shared: bool) -> Mapping[str, Any]:
    block = {"type": "text", "text": turn.content if turn.content.strip() else NO_TEXT}
    return {"role": turn.role, "content": [block | ({"cache_control": CACHED} if is_shared else {})]}


def _configure_output(request: PromptRequest, *, with_schema: bool) -> dict[str, Any]:
    output: dict[str, Any] = {}
    if request.options.effort is not None:
        output["effort"] = request.options.effort
    if with_schema and request.output_schema is not None:
        schema = strict_schema(request.output_schema)
        if schema is not None:
            output["format"] = {"type": "json_schema", "schema": schema}
    return output
