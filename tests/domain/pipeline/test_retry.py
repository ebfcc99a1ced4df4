"""Which failed calls are tried again, and when."""

from __future__ import annotations

import pytest

from domain.errors import ProviderCutError, ProviderError, ProviderOverloadedError, ProviderRefusedError
from domain.pipeline.retry import TRIES, explain_end, seconds_until_retry


def decide(error: ProviderError, tries: int = 1, seconds_left: float = 100.0) -> float | None:
    return seconds_until_retry(error, tries=tries, seconds_left=seconds_left, chance=lambda: 0.5)


@pytest.mark.parametrize(("tries", "seconds"), [(1, 0.25), (2, 0.5), (3, 1.0)])
def test_waits_double_and_are_jittered(tries: int, seconds: float) -> None:
    assert decide(ProviderCutError("Cut."), tries) == seconds


def test_a_call_is_tried_only_so_often() -> None:
    assert decide(ProviderCutError("Cut."), TRIES) is None


def test_a_refused_call_is_not_tried_again() -> None:
    assert decide(ProviderRefusedError("No.")) is None


def test_what_the_provider_asks_for_is_a_floor() -> None:
    assert decide(ProviderOverloadedError("Busy.", retry_after=30.0)) == 30.25
    assert decide(ProviderOverloadedError("Busy.")) == 0.25


def test_a_wait_that_the_run_has_no_time_for_is_none() -> None:
    busy = ProviderOverloadedError("Busy.", retry_after=30.0)

    assert (decide(busy, seconds_left=30.25), decide(busy, seconds_left=30.26)) == (None, 30.25)


def test_the_last_word_says_that_the_wait_is_too_long() -> None:
    busy = ProviderOverloadedError("Busy.", retry_after=60.0)

    assert (
        explain_end(busy, seconds_left=61.0) == explain_end(ProviderOverloadedError("Busy."), seconds_left=0) == "Busy."
    )
    assert explain_end(busy, seconds_left=50.4) == (
        "Busy. It asks to wait for 60 s, which is more than the 50 s that this run has left."
    )
