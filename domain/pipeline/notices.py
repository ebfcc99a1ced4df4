"""What people are told while a model can't be had: which one, why, and what happens next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from domain.errors import (
    ProviderCutError,
    ProviderOverloadedError,
    ProviderStalledError,
    ProviderUnavailableError,
)

RUN_AGAIN = "Run it again later."
_OVERLOADED = ProviderOverloadedError.code
_REASONS: Mapping[str, str] = {
    ProviderOverloadedError.code: "is overloaded",
    ProviderUnavailableError.code: "is not available",
    ProviderCutError.code: "stopped before its text was whole",
    ProviderStalledError.code: "was silent for too long",
}


def say_retry(model: str, code: str, *, seconds: float) -> str:
    """Say that the same model is asked again; `code` is how it failed."""
    return f"{_say_reason(model, code)}; trying again in {seconds:.1f} s"


def say_fallback(asked: str, code: str | None, *, model: str) -> str:
    """Say that another model is asked; `code` is how the first one failed, None where its breaker is open."""
    return f"{_say_reason(asked, code)}; going on with {model}"


def say_waiting(models: Sequence[str]) -> str:
    """Say that the run stands in line for these models."""
    return f"{_say_overloaded(models)}; waiting for this run's turn"


def say_given_up(models: Sequence[str], *, seconds: float) -> str:
    """Say that the line is too long for this run; `seconds` is how long it takes at least, 0 where nobody knows."""
    if seconds == 0:
        return f"{_say_overloaded(models)}, and it is not known for how long."
    return (
        f"{_say_overloaded(models)} for {math.ceil(seconds)} s more at least, which is longer than this run can wait."
    )


def _say_reason(model: str, code: str | None) -> str:
    return f"{model} {_REASONS.get(code or _OVERLOADED, 'failed')}"


def _say_overloaded(models: Sequence[str]) -> str:
    return f"{' and '.join(models)} {'is' if len(models) == 1 else 'are'} overloaded"
