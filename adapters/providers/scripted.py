"""A provider that replays scripts and remembers what was asked of it: for tests, demonstrations and rehearsals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence

from attrs import frozen

from domain.completion import Completion, Model, PromptRequest, ProviderItem, StopReason, TextDelta, TokensSoFar
from domain.errors import ProviderError, ProviderRefusedError
from domain.ports import Clock
from domain.run.model import Stage
from domain.run.usage import Tokens


@frozen(kw_only=True)
class Pause:
    """So many seconds of silence."""

    seconds: float


@frozen
class Stall:
    """Silence until somebody closes the stream."""


@frozen(kw_only=True)
class Script:
    """One call: what is streamed, in order, and how it ends.

    Texts are deltas as they stand, the empty ones left out. With a `failure` it is raised behind the last piece, else
    the completion follows: by the model that was asked for, unless the script names one.
    """

    pieces: tuple[str | Pause | Stall | TokensSoFar, ...] = ()
    failure: ProviderError | None = None
    stop_reason: StopReason = "end"
    tokens: Tokens | None = None
    model: str | None = None


class ScriptedProvider:
    """Replays one script a call: in the order of a sequence, or by stage and attempt, as often as that is asked for.

    A plain text stands for a script that streams it word by word. `requests` are the calls so far; `open_streams` is
    how many are under way; `closed_early` are the calls whose stream was closed before its end.
    """

    def __init__(
        self, scripts: Sequence[Script | str] | Mapping[tuple[Stage, int], Script | str], *, clock: Clock
    ) -> None:
        self._scripts = scripts
        self._clock = clock
        self.requests: list[PromptRequest] = []
        self.closed_early: list[PromptRequest] = []
        self.open_streams = 0

    async def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Replay the call's script.

        Raises:
            ProviderError: What the script says.
            ProviderRefusedError: There is no script for this call.
        """
        self.requests.append(request)
        script = self._find(request)
        self.open_streams += 1
        is_over = False
        try:
            for piece in script.pieces:
                item = await self._perform(piece)
                if item is not None:
                    yield item
            is_over = True
            if script.failure is not None:
                raise script.failure
            yield Completion(model=script.model or request.model, stop_reason=script.stop_reason, tokens=script.tokens)
        finally:
            self.open_streams -= 1
            if not is_over:
                self.closed_early.append(request)

    async def count_input(self, request: PromptRequest) -> int | None:
        """Return what the script says of this stage and attempt in its tokens, None where it says nothing."""
        script = self._scripts.get((request.stage, request.attempt)) if isinstance(self._scripts, Mapping) else None
        return script.tokens.input if isinstance(script, Script) and script.tokens is not None else None

    async def list_models(self) -> tuple[Model, ...]:
        """Return the one model there is."""
        return (Model(id="scripted", title="Scripted"),)

    async def _perform(self, piece: str | Pause | Stall | TokensSoFar) -> ProviderItem | None:
        match piece:
            case str():
                return TextDelta(text=piece) if piece else None
            case TokensSoFar():
                return piece
            case Pause():
                await self._clock.sleep(piece.seconds)
                return None
        await asyncio.get_running_loop().create_future()
        return None

    def _find(self, request: PromptRequest) -> Script:
        script = self._look_up(request)
        if script is None:
            raise ProviderRefusedError(
                f"There is no script for call {len(self.requests)} ({request.stage}, attempt {request.attempt})."
            )
        return Script(pieces=split_words(script)) if isinstance(script, str) else script

    def _look_up(self, request: PromptRequest) -> Script | str | None:
        if isinstance(self._scripts, Mapping):
            return self._scripts.get((request.stage, request.attempt))
        number = len(self.requests)
        return self._scripts[number - 1] if number <= len(self._scripts) else None


def split_words(text: str) -> tuple[str, ...]:
    """Split a text behind its spaces, losing nothing."""
    return tuple(text.replace(" ", " \x00").split("\x00"))
