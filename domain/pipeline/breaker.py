"""The circuit breaker of one model: after failures in a row it lets nothing through but one probe at a time."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from domain.errors import ProviderError, ProviderOverloadedError, ProviderStalledError, ProviderUnavailableError

FAILURES_TO_OPEN = 5
WINDOW_SECONDS = 30.0
FIRST_COOL_DOWN_SECONDS = 1.0
LONGEST_COOL_DOWN_SECONDS = 30.0
LONGEST_ASKED_SECONDS = 300.0
"""As much of a longer wait as holds for everybody: one answer that asks for a day must not close the service for it."""
TRIPPING_ERRORS = (ProviderOverloadedError, ProviderUnavailableError, ProviderStalledError)
"""What speaks against a model as a whole; any other error is an answer to one request."""


@frozen(kw_only=True)
class Breaker:
    """Closed (`open_until` is None), open, or half-open once the time of `open_until` has come.

    Times are seconds of a monotonic clock. `failed_at` are the failures in a row within the window. `openings` counts
    those without a success between them. `epoch` goes up with each opening: what became of a call is told with the
    epoch in which it began, and a call from before an opening changes nothing but how long the provider asks to wait.
    """

    failed_at: tuple[float, ...] = ()
    open_until: float | None = None
    openings: int = 0
    is_probing: bool = False
    epoch: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether every call goes through."""
        return self.open_until is None

    def admits(self, now: float) -> bool:
        """Whether one more call may begin."""
        return self.open_until is None or (now >= self.open_until and not self.is_probing)

    def seconds_until_probe(self, now: float) -> float:
        """Return for how long it stays open for certain."""
        return max(0.0, self.open_until - now) if self.open_until is not None else 0.0

    def probe(self) -> Breaker:
        """A call begins that was admitted while half-open."""
        return evolve(self, is_probing=True)

    def answer(self, epoch: int) -> Breaker:
        """The model answered: the breaker closes."""
        return Breaker(epoch=self.epoch) if epoch == self.epoch else self

    def drop(self, epoch: int) -> Breaker:
        """A call ended from our side before anything was known: another one may probe."""
        return evolve(self, is_probing=False) if epoch == self.epoch else self

    def fail(self, error: ProviderError, epoch: int, *, now: float, chance: Callable[[], float]) -> Breaker:
        """A call failed; a probe opens the breaker again, for twice as long.

        What the provider asks for is a floor, up to a bound, on which the cool-down comes; half of that is chance.
        """
        if not isinstance(error, TRIPPING_ERRORS):
            return self.answer(epoch)
        asked = (error.retry_after or 0.0) if isinstance(error, ProviderOverloadedError) else 0.0
        asked = min(asked, LONGEST_ASKED_SECONDS)
        if epoch != self.epoch:
            return self if self.open_until is None else evolve(self, open_until=max(self.open_until, now + asked))
        recent = (*(time for time in self.failed_at if now - time < WINDOW_SECONDS), now)
        if self.open_until is None and len(recent) < FAILURES_TO_OPEN:
            return evolve(self, failed_at=recent)
        cool_down = min(LONGEST_COOL_DOWN_SECONDS, FIRST_COOL_DOWN_SECONDS * 2.0**self.openings)
        return Breaker(
            open_until=now + asked + cool_down * (1 + chance()) / 2,
            # Enough for the longest cool-down, and no more, so that the power stays a number.
            openings=min(self.openings + 1, 10),
            epoch=self.epoch + 1,
        )
