"""What is asked of a provider and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from domain.run.model import Stage
from domain.run.usage import Tokens

StopReason = Literal["end", "max_tokens"]
Thinking = Literal["adaptive", "off"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]


@frozen(kw_only=True)
class ModelOptions:
    """How hard a model tries; None leaves it to the provider, and one that can't be told so passes it over."""

    thinking: Thinking | None = None
    effort: Effort | None = None


@frozen(kw_only=True)
class Turn:
    """One part of the conversation that a model continues."""

    role: Literal["user", "assistant"]
    content: str


@frozen(kw_only=True)
class PromptRequest:
    """One completion to be written. `system` is the same for every call of a run, so that providers can cache it.

    `inputs` are the run's values as given, for providers that write without a model. `output_schema` is the JSON Schema
    that the text must follow, where the output is JSON and the provider can be told so.
    """

    stage: Stage
    attempt: int
    model: str
    system: str
    turns: tuple[Turn, ...]
    max_output_tokens: int
    inputs: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None = None
    options: ModelOptions = field(factory=ModelOptions)

    @property
    def text(self) -> str:
        """Everything that is sent, in order; its length is what input tokens are estimated from."""
        return "\n".join((self.system, *(turn.content for turn in self.turns)))


@frozen(kw_only=True)
class TextDelta:
    """A piece of text still being written."""

    text: str


@frozen(kw_only=True)
class TokensSoFar:
    """What the provider has counted of a call that is still under way; each one replaces those before."""

    tokens: Tokens


@frozen(kw_only=True)
class Completion:
    """A finished answer: the deltas before it are its text. `tokens` is None where the provider gives no count."""

    model: str
    stop_reason: StopReason
    tokens: Tokens | None


@frozen(kw_only=True)
class Model:
    """A model that a provider offers."""

    id: str
    title: str


ProviderItem = TextDelta | TokensSoFar | Completion
