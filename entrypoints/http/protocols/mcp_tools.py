"""The prompt sets as tools: what a model is told that it can have written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mcp_types import Tool, ToolAnnotations

from domain.content.prompt import PromptVersion
from domain.content.prompt_set import parse_prompt_set

_NULLABLE: Final = {"type": ["string", "null"]}
OUTPUT_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["run_id", "status", "success", "output", "output_format", "findings", "error", "metadata"],
    "properties": {
        "run_id": {**_NULLABLE, "description": "The run; null where none was started."},
        "status": {"enum": ["complete", "error", "cancelled", "refused"]},
        "success": {"type": "boolean", "description": "Whether there is a text that has passed its checks."},
        "output": {**_NULLABLE, "description": "The text; of a run that did not complete, what there was of it."},
        "output_format": _NULLABLE,
        "findings": {
            "type": "array",
            "description": "What the checks still have against the text.",
            "items": {
                "type": "object",
                "required": ["check", "message", "where"],
                "properties": {
                    "check": {"type": "string"},
                    "message": {"type": "string"},
                    "where": {"type": ["object", "null"]},
                },
            },
        },
        "error": {
            "type": ["object", "null"],
            "description": "Why there is no text that has passed: code, message, and whether it is worth trying again.",
        },
        "metadata": {"type": "object", "description": "Models, attempts, usage, cost and durations of the run."},
    },
}


def describe_tool(version: PromptVersion) -> Tool:
    """Return a prompt set as a tool; its arguments are the set's inputs."""
    prompt_set = parse_prompt_set(version.content)
    return Tool(
        name=prompt_set.name,
        title=prompt_set.title,
        description=prompt_set.description or prompt_set.title,
        input_schema=dict(prompt_set.inputs),
        output_schema=dict(OUTPUT_SCHEMA),
        # Each call writes anew and costs something; it changes nothing that is there.
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
        ),
        _meta={"galley/version": version.pin.version, "galley/hash": version.pin.hash},
    )
