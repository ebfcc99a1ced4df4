"""Which model is asked for a text, and when the next one is asked after a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field

from domain.errors import ProviderError
from domain.pipeline.line import Line
from domain.pipeline.retry import FALLBACK_AFTER_SECONDS, TRIES, seconds_until_retry


@define(kw_only=True)
class Choice:
    """The models that may be asked for one text, in their order; `failed` names the model of each call that failed."""

    models: tuple[str, ...]
    line: Line
    chance: Callable[[], float]
    _given_up: set[str] = field(factory=set, init=False)

    def left(self, failed: Sequence[str]) -> tuple[str, ...]:
        """Return those that may be asked once more."""
        return tuple(
            model for model in self.models if model not in self._given_up and list(failed).count(model) < TRIES
        )

    def seconds_until_next(
        self, error: ProviderError, model: str, *, failed: Sequence[str], seconds_left: float
    ) -> float | None:
        """Return how long to wait after the newest failure, which `failed` ends with, or None when that was the last.

        Another model is asked at once: when the tries of this one are used up, when it asks for a long wait, or when
        its breaker is open and the other's is not.
        """
        if not error.retryable:
            return None
        tries = list(failed).count(model)
        wait = seconds_until_retry(error, tries=tries, seconds_left=seconds_left, chance=self.chance)
        others = [other for other in self.left(failed) if other != model]
        if wait is None or (others and wait > FALLBACK_AFTER_SECONDS):
            self._given_up.add(model)
            return 0.0 if others else None
        return 0.0 if self.line.find_free((model, *others)) in others else wait
