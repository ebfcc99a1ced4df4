"""One provider call under way: bounded in silence and time, closed for certain, counted even when it is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import assert_never

from attrs import evolve

from domain.completion import Completion, PromptRequest, ProviderItem, TextDelta, TokensSoFar
from domain.content.text import to_well_formed
from domain.errors import ProviderCutError, ProviderError, ProviderStalledError, ProviderUnavailableError
from domain.pipeline.gathering import BEAT_CHARACTERS
from domain.ports import Clock, Provider
from domain.run.usage import Tokens, estimate_tokens

READY_CHARACTERS = 2 * BEAT_CHARACTERS
"""Characters that may wait for whoever takes them; more holds the provider's stream back."""
CLOSING_SECONDS = 5.0
CHARACTERS_PER_TOKEN_AT_MOST = 16
CHARACTERS_ALLOWED_ANYHOW = 4096
"""A text of more than so many characters, and 16 for each output token, was written by something that went wrong.

The longest tokens of a run of spaces or dashes are longer than that, but no text is made of those alone.
"""


class DeadlineMetError(Exception):
    """The run's deadline came while the provider was writing."""

    code = "limit_reached"


class ProviderCall:
    """Pumps a provider's stream in a task of its own, so that a consumer takes all that is ready at once.

    The first text is ready at once; what follows, when `gather` sets the event that it is given, when there is much of
    it, or when the answer is over. The owner closes the call on every path; closing aborts the upstream request.
    `on_answer` is called when the model writes for certain: at the first text, or when a count of tokens has grown. The
    beginning of an answer says nothing, since some providers begin with one before they say that they are overloaded.
    """

    def __init__(
        self,
        provider: Provider,
        request: PromptRequest,
        *,
        clock: Clock,
        idle_seconds: float,
        seconds_left: float,
        on_answer: Callable[[], None],
        gather: Callable[[asyncio.Event], None] = asyncio.Event.set,
    ) -> None:
        self.request = request
        self.completion: Completion | None = None
        self._provider = provider
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._on_answer = on_answer
        self._gather = gather
        self._is_writing = False
        self._text_limit = CHARACTERS_ALLOWED_ANYHOW + CHARACTERS_PER_TOKEN_AT_MOST * request.max_output_tokens
        self._deadline = clock.monotonic() + seconds_left
        self._active_at = clock.monotonic()
        self._ready: list[str] = []
        self._size = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._error: Exception | None = None
        self._has_answered = False
        self._text_length = 0
        self._tokens: Tokens | None = None
        self._pump = asyncio.create_task(self._pump_items())
        self._guard = asyncio.create_task(self._guard_time())

    async def take(self) -> str:
        """Return the text that came since the last time, or "" when the answer is whole.

        Raises:
            ProviderError: It is not whole and never will be.
            DeadlineMetError: The run has no time left.
        """
        while not self._pump.done() and self._error is None:
            await self._wake.wait()
            self._wake.clear()
            if self._ready:
                return self._collect()
        text = self._collect()
        if not text and self._error is not None:
            raise self._error
        return text

    async def close(self) -> None:
        """Abort whatever is still under way; a provider that doesn't let go is left behind after some seconds."""
        self._guard.cancel()
        self._pump.cancel()
        patience = asyncio.create_task(self._clock.sleep(CLOSING_SECONDS))
        await asyncio.wait({self._pump, patience}, return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()

    def _collect(self) -> str:
        text = "".join(self._ready)
        self._ready.clear()
        self._size = 0
        self._room.set()
        return text

    def count(self) -> tuple[Tokens, bool]:
        """Return what the call has used so far, and whether that is a guess."""
        if self.completion is not None and self.completion.tokens is not None:
            return self.completion.tokens, False
        if not self._has_answered:
            return Tokens(), True
        guess = Tokens(input=estimate_tokens(self.request.text), output=-(-self._text_length // 4))
        known = self._tokens
        if known is None:
            return guess, True
        return evolve(known, output=max(known.output, guess.output)), True

    async def _pump_items(self) -> None:
        try:
            async with aclosing(self._provider.stream(self.request)) as items:
                async for item in items:
                    self._read(item)
                    if self._size >= READY_CHARACTERS:
                        self._room.clear()
                        await self._room.wait()
                        self._active_at = self._clock.monotonic()
            if self.completion is None:
                self._error = ProviderCutError("The model's answer ended before it was whole.")
            elif self._text_length == 0:
                self._error = ProviderCutError("The model's answer was empty.")
        except asyncio.CancelledError:
            if self._error is None:
                raise
        except ProviderError as error:
            self._error = error
        except Exception as error:
            self._error = ProviderUnavailableError("The model's provider failed in a way that nobody expected.")
            self._error.__cause__ = error
        finally:
            self._guard.cancel()
            self._wake.set()

    def _read(self, item: ProviderItem) -> None:
        self._has_answered = True
        match item:
            case TextDelta():
                self._read_text(item.text)
            case TokensSoFar():
                self._read_count(item.tokens)
            case Completion():
                self.completion = item
            case _:
                assert_never(item)

    def _read_text(self, text: str) -> None:
        is_first = self._text_length == 0
        self._text_length += len(text)
        if self._text_length > self._text_limit:
            raise ProviderCutError("The model wrote far more than it was allowed to, so its answer was broken off.")
        self._ready.append(to_well_formed(text))
        self._size += len(text)
        if is_first or self._size >= BEAT_CHARACTERS:
            self._wake.set()
        else:
            self._gather(self._wake)
        self._note_writing()

    def _read_count(self, tokens: Tokens) -> None:
        """Take in a count; one that does not grow is a sign of life and no progress, like a ping."""
        before, self._tokens = self._tokens, tokens
        if before is None:
            self._active_at = self._clock.monotonic()
        elif tokens.output > before.output or tokens.input > before.input:
            self._note_writing()

    def _note_writing(self) -> None:
        self._active_at = self._clock.monotonic()
        if not self._is_writing:
            self._is_writing = True
            self._on_answer()

    async def _guard_time(self) -> None:
        while self._error is None:
            now = self._clock.monotonic()
            if not self._room.is_set():
                self._active_at = now
            until = min(self._active_at + self._idle_seconds, self._deadline)
            if now < until:
                await self._clock.sleep(until - now)
            elif now >= self._deadline:
                self._error = DeadlineMetError()
            else:
                self._error = ProviderStalledError(f"The model was silent for {self._idle_seconds:g} seconds.")
        self._pump.cancel()
        self._wake.set()
