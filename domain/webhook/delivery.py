"""A delivery: getting a run's terminal event to the webhook that its request named, in one try or in several."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Literal

from attrs import frozen

PAUSES_SECONDS: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After the first try, the second and so on; what the Standard Webhooks specification advises."""
TRIES: Final = len(PAUSES_SECONDS) + 1
JITTER: Final = 0.1

DeliveryStatus = Literal["pending", "delivered", "given_up"]


@frozen(kw_only=True)
class Delivery:
    """A delivery that somebody has claimed; `tries` counts the one that the claim is for."""

    run_id: str
    owner: str
    tries: int


@frozen(kw_only=True)
class DeliveryState:
    """How far a delivery is; `failure` says why the last try that failed did, in words for the run's owner."""

    status: DeliveryStatus = "pending"
    tries: int = 0
    failure: str | None = None


def status_after(failure: str | None, retry_seconds: float | None) -> DeliveryStatus:
    """Return what a delivery is after a try that was settled so."""
    if failure is None:
        return "delivered"
    return "given_up" if retry_seconds is None else "pending"


def find_failure(status: int) -> str | None:
    """Return what is wrong with a receiver's answer, None where it has taken the message."""
    return None if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES else f"The receiver answered {status}."


def seconds_until_next(tries: int, status: int | None, chance: Callable[[], float]) -> float | None:
    """Return how long to wait after a try that failed, None to give up; `status` is the receiver's answer, if any.

    `chance` gives numbers in [0, 1). 410 is how a receiver says that it wants nothing more.
    """
    if tries >= TRIES or status == HTTPStatus.GONE:
        return None
    return PAUSES_SECONDS[tries - 1] * (1 + JITTER * chance())
