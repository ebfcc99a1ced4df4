"""Reading a stream of chat completions: what each chunk says, and whether the answer is whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openai.types.chat import ChatCompletionChunk

from adapters.providers.upstream.bound import TextBound
from adapters.providers.upstream.failure import REFUSED_TEXT, cut
from domain.completion import Completion, ProviderItem, StopReason, TextDelta, TokensSoFar
from domain.errors import ProviderCutError, ProviderRefusedError
from domain.run.usage import Tokens


class AnswerReader:
    """Takes the chunks in order; what it yields nothing for is silence."""

    def __init__(self, *, model: str, max_output_tokens: int) -> None:
        self.has_begun = False
        self._model = model
        self._bound = TextBound(max_output_tokens)
        self._finish_reason: str | None = None
        self._tokens: Tokens | None = None

    @property
    def has_finished(self) -> bool:
        """Whether the text has had its end; only a count may follow."""
        return self._finish_reason is not None

    def read(self, chunk: ChatCompletionChunk) -> Iterator[ProviderItem]:
        """Yield what a chunk brings.

        Raises:
            OverlongAnswerError: There is more than the tokens that were allowed.
            TypeError, AttributeError: It has not the form of a chunk.
        """
        if not self.has_begun and chunk.model:
            self._model = self._bound.take(chunk.model)
        self.has_begun = True
        for choice in chunk.choices or ():
            if choice.index == 0 and not self.has_finished:
                yield from self._read_delta(choice.delta)
                self._finish_reason = choice.finish_reason
        if chunk.usage is not None:
            self._tokens = _read_usage(chunk.usage)
            yield TokensSoFar(tokens=self._tokens)

    def complete(self) -> Completion:
        """Return the completion, behind all chunks.

        Raises:
            ProviderCutError: There should have been more.
            ProviderRefusedError: The model did not want to, or was not let.
        """
        if self._finish_reason is None:
            raise cut()
        return Completion(model=self._model, stop_reason=_translate_finish(self._finish_reason), tokens=self._tokens)

    def _read_delta(self, delta: Any) -> Iterator[ProviderItem]:
        if delta is None:
            return
        if getattr(delta, "refusal", None):
            raise ProviderRefusedError(REFUSED_TEXT)
        # Servers name a model's thoughts differently; they are a sign of life, never text.
        thought = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        if thought and self._bound.take(thought):
            yield TokensSoFar(tokens=self._tokens or Tokens())
        if delta.content is not None:
            text = self._bound.take(delta.content)
            if text:
                yield TextDelta(text=text)


def _read_usage(usage: Any) -> Tokens:
    sent = _count(usage.prompt_tokens)
    details = usage.prompt_tokens_details
    cached = _count(details.cached_tokens) if details is not None else 0
    return Tokens(input=sent, output=_count(usage.completion_tokens), cached=min(cached, sent))


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _translate_finish(reason: str) -> StopReason:
    match reason:
        case "stop":
            return "end"
        case "length":
            return "max_tokens"
        case "content_filter":
            raise ProviderRefusedError(REFUSED_TEXT)
    raise ProviderCutError("The model stopped before its answer was whole.")
