"""Reading a stream of the Messages API: what each event says, and whether the answer is whole."""

from __future__ import annotations

from collections.abc import Iterator

from anthropic.types import MessageDeltaUsage, RawMessageStreamEvent, Usage

from adapters.providers.upstream.bound import TextBound
from adapters.providers.upstream.failure import REFUSED_TEXT, cut
from domain.completion import Completion, ProviderItem, StopReason, TextDelta, TokensSoFar
from domain.errors import ProviderCutError, ProviderRefusedError
from domain.run.usage import Tokens


class AnswerReader:
    """Takes the events in order; what it yields nothing for is silence."""

    def __init__(self, *, model: str, max_output_tokens: int) -> None:
        self.has_begun = False
        self.is_whole = False
        self._bound = TextBound(max_output_tokens)
        self._model = model
        self._stop_reason: str | None = None
        self._tokens: Tokens | None = None

    def read(self, event: RawMessageStreamEvent) -> Iterator[ProviderItem]:
        """Yield what an event brings.

        Raises:
            OverlongAnswerError: There is more than the tokens that were allowed.
            TypeError, AttributeError: It has not the form of such an event.
        """
        match event.type:
            case "message_start":
                if self.has_begun:
                    # A second answer in the same stream must never be glued to the first.
                    raise cut()
                self.has_begun = True
                self._model = self._bound.take(event.message.model) or self._model
                yield from self._count(event.message.usage)
            case "content_block_delta":
                yield from self._read_delta(event.delta)
            case "message_delta":
                self._stop_reason = event.delta.stop_reason
                yield from self._count(event.usage)
            case "message_stop":
                self.is_whole = True

    def complete(self) -> Completion:
        """Return the completion, behind all events.

        Raises:
            ProviderCutError: There should have been more.
            ProviderRefusedError: The model did not want to, or prompt and text are longer than it can hold.
        """
        if not (self.has_begun and self.is_whole) or self._stop_reason is None:
            raise cut()
        return Completion(model=self._model, stop_reason=_translate_stop(self._stop_reason), tokens=self._tokens)

    def _read_delta(self, delta: object) -> Iterator[ProviderItem]:
        kind = getattr(delta, "type", None)
        if kind == "text_delta":
            text = self._bound.take(getattr(delta, "text"))  # noqa: B009
            if text:
                yield TextDelta(text=text)
        elif kind == "thinking_delta" and self._bound.take(getattr(delta, "thinking")):  # noqa: B009
            yield TokensSoFar(tokens=self._tokens or Tokens())
        elif kind is None:
            raise TypeError

    def _count(self, usage: Usage | MessageDeltaUsage | None) -> Iterator[TokensSoFar]:
        """Take over what is counted now; the counts of the API are of the whole answer so far."""
        if usage is None:
            return
        known = self._tokens or Tokens()
        cached = _choose(usage.cache_read_input_tokens, known.cached)
        written = _choose(usage.cache_creation_input_tokens, known.cache_written)
        plain = _choose(usage.input_tokens, known.input - known.cached - known.cache_written)
        self._tokens = Tokens(
            input=plain + cached + written,
            output=max(known.output, _choose(usage.output_tokens, known.output)),
            cached=cached,
            cache_written=written,
        )
        yield TokensSoFar(tokens=self._tokens)


def _choose(counted: object, known: int) -> int:
    return counted if isinstance(counted, int) and counted >= 0 else known


def _translate_stop(reason: str) -> StopReason:
    match reason:
        case "end_turn" | "stop_sequence":
            return "end"
        case "max_tokens":
            return "max_tokens"
        case "refusal":
            raise ProviderRefusedError(REFUSED_TEXT)
        case "model_context_window_exceeded":
            raise ProviderRefusedError(
                "Prompt and text are longer than the model can hold; shorten the inputs or choose another model."
            )
    raise ProviderCutError("The model stopped before its answer was whole.")
