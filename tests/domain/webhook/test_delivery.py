"""When a webhook is tried again, and when nobody tries any more."""

from __future__ import annotations

import pytest

from domain.webhook.delivery import (
    TRIES,
    DeliveryStatus,
    find_failure,
    seconds_until_next,
    status_after,
)

HOUR = 3600


def test_the_tries_come_as_the_specification_advises() -> None:
    pauses = [seconds_until_next(tries, 500, lambda: 0.0) for tries in range(1, TRIES + 1)]

    hours = [hours * HOUR for hours in (2, 5, 10, 14, 20, 24)]
    assert pauses == [5, 5 * 60, 30 * 60, *hours, None]


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 300), (0.5, 315), (1.0, 330)])
def test_chance_makes_a_pause_longer_by_a_tenth_at_most(chance: float, pause: float) -> None:
    assert seconds_until_next(2, None, lambda: chance) == pytest.approx(pause)


def test_a_receiver_that_wants_nothing_more_is_left_alone() -> None:
    assert seconds_until_next(1, 410, lambda: 0.0) is None


@pytest.mark.parametrize("tries", [TRIES, TRIES + 1])
def test_after_the_last_try_there_is_none(tries: int) -> None:
    assert seconds_until_next(tries, None, lambda: 0.0) is None


@pytest.mark.parametrize(
    ("status", "is_taken"),
    [
        (200, True),
        (202, True),
        (204, True),
        (299, True),
        (300, False),
        (302, False),
        (199, False),
        (410, False),
        (500, False),
    ],
)
def test_only_2xx_says_that_the_message_was_taken(status: int, is_taken: bool) -> None:
    assert (find_failure(status) is None) == is_taken


@pytest.mark.parametrize(
    ("failure", "retry_seconds", "status"),
    [
        (None, None, "delivered"),
        ("Broken.", 5.0, "pending"),
        ("Broken.", 0.0, "pending"),
        ("Broken.", None, "given_up"),
    ],
)
def test_what_came_of_a_try_is_the_status(
    failure: str | None, retry_seconds: float | None, status: DeliveryStatus
) -> None:
    assert status_after(failure, retry_seconds) == status
