"""What is sent for a prompt request, without the parts that a server has refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from domain.completion import PromptRequest

Part = Literal["schema", "stream_options", "reasoning_effort", "max_completion_tokens"]
WORDS: Final[Mapping[Part, tuple[str, ...]]] = {
    "max_completion_tokens": ("max_completion_tokens",),
    "schema": ("response_format", "json_schema", "schema", "grammar"),
    "stream_options": ("stream_options", "include_usage"),
    "reasoning_effort": ("reasoning_effort", "reasoning", "effort"),
}
"""The parts that a request can do without, and the words by which a refusal names them."""


def make_parameters(request: PromptRequest, *, is_refused: Callable[[Part, PromptRequest], bool]) -> dict[str, Any]:
    """Return the parameters of `chat.completions.create`."""
    system = [{"role": "system", "content": request.system}] if request.system.strip() else []
    turns = [{"role": turn.role, "content": turn.content} for turn in request.turns]
    # Older servers know this limit by its first name only.
    limit = "max_tokens" if is_refused("max_completion_tokens", request) else "max_completion_tokens"
    parameters: dict[str, Any] = {"model": request.model, "messages": system + turns, limit: request.max_output_tokens}
    effort = _choose_effort(request)
    if effort is not None and not is_refused("reasoning_effort", request):
        parameters["reasoning_effort"] = effort
    if request.output_schema is not None and not is_refused("schema", request):
        schema = {"name": "output", "schema": dict(request.output_schema)}
        parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
    if not is_refused("stream_options", request):
        parameters["stream_options"] = {"include_usage": True}
    return parameters


def find_refused(words: str, parameters: Mapping[str, Any]) -> Part | None:
    """Return the part of a request that a refusal names, None where it names none that could be left out."""
    named = words.lower()
    sent: Mapping[Part, str] = {
        "max_completion_tokens": "max_completion_tokens",
        "schema": "response_format",
        "stream_options": "stream_options",
        "reasoning_effort": "reasoning_effort",
    }
    found = (part for part, clues in WORDS.items() if sent[part] in parameters and any(clue in named for clue in clues))
    return next(found, None)


def _choose_effort(request: PromptRequest) -> str | None:
    if request.options.effort is not None:
        return request.options.effort
    return "none" if request.options.thinking == "off" else None
