"""The models of a provider, which is not asked for them all the time."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from domain.completion import Model
from domain.ports import Clock

FRESH_SECONDS: Final = 300.0
PATIENCE_SECONDS: Final = 30.0
"""How long a provider that gave no list is not asked again."""

log = logging.getLogger(__name__)


class Offer:
    """Keeps the last list; the default model is its first, whether the provider names it or not."""

    def __init__(self, default_model: str, clock: Clock) -> None:
        self._default = default_model
        self._clock = clock
        self._models: tuple[Model, ...] = (Model(id=default_model, title=default_model),)
        self._fresh_until = clock.monotonic()

    async def find(self, ask: Callable[[], Awaitable[Sequence[Model]]]) -> tuple[Model, ...]:
        """Return the models, asking for them where the last list is old."""
        if self._clock.monotonic() < self._fresh_until:
            return self._models
        try:
            self._models = self._put_default_first(await ask())
            seconds = FRESH_SECONDS
        except Exception as error:
            log.warning("models could not be listed", extra={"error": type(error).__name__})
            seconds = PATIENCE_SECONDS
        self._fresh_until = self._clock.monotonic() + seconds
        return self._models

    def _put_default_first(self, listed: Sequence[Model]) -> tuple[Model, ...]:
        # Two entries of one id would be two choices that are the same.
        by_id = {model.id: model for model in reversed(listed) if model.id}
        default = by_id.pop(self._default, Model(id=self._default, title=self._default))
        others = {model.id: Model(id=model.id, title=model.title or model.id) for model in listed if model.id in by_id}
        return (default, *others.values())
