"""Bounds of a run within the operator's caps."""

from __future__ import annotations

import pytest

from domain.errors import Fault, InvalidRequestError
from domain.run.limits import Limits, find_limit_faults, resolve_limits

CAPS = Limits(attempts=5, output_tokens=1000, total_tokens=5000, cost_usd=1.0, deadline_seconds=60.0)


def test_defaults_are_held_to_the_caps() -> None:
    assert resolve_limits(CAPS, prompt_set={}, request={}) == Limits(
        attempts=3, output_tokens=1000, total_tokens=5000, cost_usd=1.0, deadline_seconds=60.0
    )


def test_a_request_wins_over_its_prompt_set() -> None:
    limits = resolve_limits(CAPS, prompt_set={"attempts": 2, "output_tokens": 10}, request={"attempts": 4})

    assert (limits.attempts, limits.output_tokens) == (4, 10)


def test_a_prompt_set_is_held_to_the_caps_silently() -> None:
    assert resolve_limits(CAPS, prompt_set={"attempts": 99}, request={}).attempts == 5


def test_a_request_above_a_cap_is_refused_and_told_the_cap() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        resolve_limits(CAPS, prompt_set={}, request={"cost_usd": 2.0})

    assert refused.value.faults == (
        Fault(pointer="/limits/cost_usd", message="is above this service's cap of 1; ask for that or less"),
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"patience": 1}, "is not a limit"),
        ({"attempts": "3"}, "must be a number"),
        ({"attempts": True}, "must be a number"),
        ({"attempts": 1.5}, "must be a whole number"),
        ({"cost_usd": 0}, "must be above 0"),
        ({"attempts": float("inf")}, "must be above 0"),
        ({"deadline_seconds": float("nan")}, "must be above 0"),
    ],
)
def test_a_wrong_limit_is_named(given: dict[str, object], message: str) -> None:
    (fault,) = find_limit_faults(given)

    assert fault.pointer == f"/limits/{next(iter(given))}"
    assert message in fault.message


def test_sound_limits_have_no_faults() -> None:
    assert find_limit_faults({"attempts": 3, "cost_usd": 0.5}) == ()
