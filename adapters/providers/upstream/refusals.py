"""What a provider has refused, so that it is not offered the same thing again."""

from __future__ import annotations

import json
from typing import Final

from domain.completion import PromptRequest

REMEMBERED: Final = 256


class Refusals:
    """The last parts of requests that were refused, by model; a schema of the output counts as itself."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], None] = {}

    def has(self, part: str, request: PromptRequest) -> bool:
        """Whether the model's provider refused this part of such a request."""
        return _name(part, request) in self._known

    def add(self, part: str, request: PromptRequest) -> None:
        """Remember that the request was answered only without this part."""
        self._known[_name(part, request)] = None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]


def _name(part: str, request: PromptRequest) -> tuple[str, ...]:
    schema = json.dumps(request.output_schema, sort_keys=True) if part == "schema" else ""
    return part, request.model, schema
