"""Which failed calls are tried again, how often and after how long: exponential back-off with full jitter."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import ProviderError, ProviderOverloadedError

TRIES = 4
"""How often one text is asked of one model."""
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20.0
FALLBACK_AFTER_SECONDS = 10.0
"""Where a model asks for a longer wait and another one is left, that one is asked instead."""
PATIENCE_SECONDS = 120.0
"""How long a run stands in line, in all, for one text."""


def seconds_until_retry(
    error: ProviderError, *, tries: int, seconds_left: float, chance: Callable[[], float]
) -> float | None:
    """Return how long to wait after the call that failed as number `tries`, or None to give the model up.

    What the provider asks for is a floor, on which the jitter comes; a wait beyond the run's `seconds_left` is none.
    `chance` gives numbers in [0, 1).
    """
    if not error.retryable or tries >= TRIES:
        return None
    jitter = chance() * min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** (tries - 1))
    wait = _asked_wait(error) + jitter
    return wait if wait < seconds_left else None


def explain_end(error: ProviderError, *, seconds_left: float) -> str:
    """Return the last word on a run that is given up: what failed, and why waiting would not have helped."""
    asked = _asked_wait(error)
    if asked == 0 or asked < seconds_left:
        return error.message
    return (
        f"{error.message} It asks to wait for {asked:.0f} s, which is more than the {max(0.0, seconds_left):.0f} s "
        "that this run has left."
    )


def _asked_wait(error: ProviderError) -> float:
    return (error.retry_after or 0.0) if isinstance(error, ProviderOverloadedError) else 0.0
