"""One model's circuit breaker."""

from __future__ import annotations

import pytest

from domain.errors import (
    ProviderCutError,
    ProviderError,
    ProviderOverloadedError,
    ProviderRefusedError,
    ProviderStalledError,
    ProviderUnavailableError,
)
from domain.pipeline.breaker import (
    FAILURES_TO_OPEN,
    LONGEST_ASKED_SECONDS,
    LONGEST_COOL_DOWN_SECONDS,
    WINDOW_SECONDS,
    Breaker,
)

BUSY = ProviderOverloadedError("Busy.")


def fail(breaker: Breaker, now: float, error: ProviderError = BUSY, *, times: int = 1) -> Breaker:
    for _ in range(times):
        breaker = breaker.fail(error, breaker.epoch, now=now, chance=lambda: 0.5)
    return breaker


def open_one() -> Breaker:
    return fail(Breaker(), 100.0, times=FAILURES_TO_OPEN)


@pytest.mark.parametrize("error", [BUSY, ProviderUnavailableError("Away."), ProviderStalledError("Silent.")])
def test_failures_in_a_row_open_it_for_a_while(error: ProviderError) -> None:
    almost = fail(Breaker(), 100.0, error, times=FAILURES_TO_OPEN - 1)
    opened = fail(almost, 100.0, error)

    assert almost.admits(100.0)
    assert opened == Breaker(open_until=100.75, openings=1, epoch=1)
    assert (opened.admits(100.74), opened.admits(100.75)) == (False, True)
    assert (opened.seconds_until_probe(100.25), almost.seconds_until_probe(100.0)) == (0.5, 0.0)


@pytest.mark.parametrize("error", [ProviderRefusedError("No."), ProviderCutError("Cut.")])
def test_an_answer_in_between_begins_the_count_again(error: ProviderError) -> None:
    almost = fail(Breaker(), 100.0, times=FAILURES_TO_OPEN - 1)

    assert fail(almost, 100.0, error) == almost.answer(0) == Breaker()


def test_failures_that_are_far_apart_do_not_open_it() -> None:
    breaker = fail(Breaker(), 0.0, times=FAILURES_TO_OPEN - 1)

    assert fail(breaker, WINDOW_SECONDS) == Breaker(failed_at=(WINDOW_SECONDS,))


def test_there_is_one_probe_at_a_time() -> None:
    probing = open_one().probe()

    assert not probing.admits(200.0)
    assert probing.drop(probing.epoch).admits(200.0)


def test_a_probe_that_succeeds_closes_it() -> None:
    assert open_one().probe().answer(1) == Breaker(epoch=1)


def test_a_probe_that_fails_opens_it_for_twice_as_long_up_to_a_bound() -> None:
    breaker = open_one()
    waits = []
    for _ in range(12):
        now = breaker.open_until or 0.0
        breaker = fail(breaker.probe(), now)
        waits.append(breaker.seconds_until_probe(now) / 0.75)

    assert waits[:5] == [2.0, 4.0, 8.0, 16.0, LONGEST_COOL_DOWN_SECONDS]
    assert waits[-1] == LONGEST_COOL_DOWN_SECONDS


def test_what_the_provider_asks_for_is_a_floor() -> None:
    breaker = fail(Breaker(), 100.0, ProviderOverloadedError("Busy.", retry_after=20), times=FAILURES_TO_OPEN)

    assert breaker.open_until == 120.75


def test_a_provider_that_asks_for_a_day_is_probed_sooner() -> None:
    day = ProviderOverloadedError("Busy.", retry_after=86_400)
    breaker = fail(Breaker(), 100.0, day, times=FAILURES_TO_OPEN)

    assert breaker.open_until == 100.75 + LONGEST_ASKED_SECONDS
    assert breaker.fail(day, 0, now=110.0, chance=lambda: 0.5).open_until == 110.0 + LONGEST_ASKED_SECONDS


def test_a_call_from_before_the_opening_changes_only_how_long_it_takes() -> None:
    opened = open_one()
    late = ProviderOverloadedError("Busy.", retry_after=9)

    assert opened.answer(0) == opened.drop(0) == opened
    assert opened.fail(BUSY, 0, now=100.1, chance=lambda: 0.5) == opened
    assert opened.fail(late, 0, now=100.1, chance=lambda: 0.5).open_until == 109.1


def test_a_call_from_before_the_opening_says_nothing_of_a_breaker_that_closed_again() -> None:
    closed = open_one().probe().answer(1)

    assert closed.fail(BUSY, 0, now=101.0, chance=lambda: 0.5) == closed
