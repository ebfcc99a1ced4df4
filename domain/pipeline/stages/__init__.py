"""The stages: pure and synchronous, they decide and the pipeline performs."""

from __future__ import annotations

from typing import Protocol

from domain.completion import Completion, PromptRequest
from domain.content.finding import Finding
from domain.run.events import Event
from domain.run.model import Stage


class WritingStage(Protocol):
    """A stage in which a model writes."""

    @property
    def stage(self) -> Stage:
        """Under which name its events stand."""
        ...

    @property
    def attempt(self) -> int:
        """Which attempt it writes for."""
        ...

    @property
    def is_shown(self) -> bool:
        """Whether what the model writes is the attempt's text: only that becomes deltas."""
        ...

    @property
    def message(self) -> str:
        """What it does, for people; it names the model."""
        ...

    def request(self, *, max_output_tokens: int) -> PromptRequest:
        """Say what is asked of the provider."""
        ...

    def watch(self, text: str, start: int) -> Finding | None:
        """Judge the text while it grows: a finding ends a hopeless attempt at once.

        Everything before code point `start` was watched before.
        """
        ...

    def end_early(self, finding: Finding) -> tuple[Event, ...]:
        """Say what it means that `watch` found something."""
        ...

    def read(self, text: str, completion: Completion) -> tuple[Event, ...]:
        """Say what the finished answer means."""
        ...

    def go_without(self, reason: str) -> tuple[Event, ...]:
        """Say what it means that there is no answer and will be none, `reason` being a sentence; nothing: the end."""
        ...
