"""A provider without a key: it writes from a run's inputs, and says so in what it writes."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import msgspec
import re2

from adapters.providers.sample.edits import write_edits
from adapters.providers.sample.material import gather_material
from adapters.providers.sample.prose import write_line, write_prose
from adapters.providers.sample.value import SampleValue
from adapters.providers.sample.wish import Wish, read_wish
from domain.completion import Completion, Model, PromptRequest, ProviderItem, StopReason, TextDelta, TokensSoFar
from domain.content.edits import EDITS_SCHEMA
from domain.content.judging import JUDGEMENT_SCHEMA
from domain.ports import Clock
from domain.run.usage import Tokens, estimate_tokens

MODEL = Model(id="sample", title="Sample (no model, no key)")
_PIECE = re2.compile(r"\S*\s*")
_TOO_SHORT = re2.compile(r"\bwords, [0-9,]+ too few: write at least ([0-9,]{1,7})\b")
_JUDGEMENT = '{"reasons": [], "score": 5}'
_LONG = 400
_SHORTFALL = 0.9


class SampleProvider:
    """Writes what the prompt's words ask for, as far as it understands them; equal requests give equal texts.

    A text of 400 words or more is a tenth too short at the first attempt, so that a newcomer sees a repair. A token is
    a word, and `tokens_per_second` is the pace; 0 is as fast as it can.
    """

    def __init__(self, clock: Clock, *, tokens_per_second: float = 60.0) -> None:
        self._clock = clock
        self._seconds = 1 / tokens_per_second if tokens_per_second else 0.0

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Write word by word, at most `max_output_tokens` words."""
        started = self._clock.monotonic()
        read = estimate_tokens(request.text)
        yield TokensSoFar(tokens=Tokens(input=read))
        pieces = _PIECE.findall(write_sample(request))
        pieces = [piece for piece in pieces if piece]
        written = pieces[: request.max_output_tokens]
        for number, piece in enumerate(written, start=1):
            # Sleeping for what is left keeps the pace, however long the reader takes between.
            await self._clock.sleep(started + number * self._seconds - self._clock.monotonic())
            yield TextDelta(text=piece)
        stop_reason: StopReason = "end" if len(written) == len(pieces) else "max_tokens"
        yield Completion(model=MODEL.id, stop_reason=stop_reason, tokens=Tokens(input=read, output=len(written)))

    async def count_input(self, request: PromptRequest) -> int | None:
        """Return what the completion will say."""
        return estimate_tokens(request.text)

    async def list_models(self) -> tuple[Model, ...]:
        """Return the one model there is."""
        return (MODEL,)


def write_sample(request: PromptRequest) -> str:
    """Return the whole text that answers a request."""
    wish = read_wish(request)
    material = gather_material(request.inputs, request.system)
    if request.output_schema == EDITS_SCHEMA:
        return write_edits(request)
    if request.output_schema == JUDGEMENT_SCHEMA:
        return _JUDGEMENT
    if request.output_schema is not None:
        value = SampleValue(request.output_schema, material).make()
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    if wish.unit == "characters":
        return write_line(material, most=wish.high)
    # What is behind the output tokens is cut off, so that there only has to be something.
    return write_prose(wish, material, target=min(_choose_length(wish, request), request.max_output_tokens + 1))


def _choose_length(wish: Wish, request: PromptRequest) -> int:
    if request.attempt == 1:
        return int(wish.least * _SHORTFALL) if wish.least >= _LONG else wish.target
    found = _TOO_SHORT.search(request.turns[-1].content)
    least = int(found.group(1).replace(",", "")) if found else 0
    return max(wish.target, least)
