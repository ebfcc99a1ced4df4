"""How many requests one user may make in a minute."""

from __future__ import annotations

import math
from collections import OrderedDict

from attrs import define
from quart import Quart, g

from domain.ports import Clock
from domain.user import Principal
from entrypoints.http.problems import HTTPError
from entrypoints.services import Services

MOST_USERS = 10_000
"""Whose count is kept; the one who asked longest ago is forgotten first, and their minute is over by then."""


@define
class _Bucket:
    tokens: float
    filled_at: float


class RequestRate:
    """A bucket of `per_minute` tokens for every user, filled again over a minute; this process counts for itself."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, user_id: str) -> float:
        """Take a token; return 0, or after how many seconds there will be one."""
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(user_id, _Bucket(self._per_minute, now))
        self._buckets.move_to_end(user_id)
        if len(self._buckets) > MOST_USERS:
            self._buckets.popitem(last=False)
        per_second = self._per_minute / 60
        bucket.tokens = min(self._per_minute, bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / per_second
        bucket.tokens -= 1
        return 0.0

    def refusal(self, seconds: float) -> HTTPError:
        """Make what tells somebody to come again after so many seconds."""
        return HTTPError(
            429,
            "too_many_requests",
            f"More than {self._per_minute} requests in a minute; wait as Retry-After says.",
            headers={"Retry-After": str(math.ceil(seconds))},
        )


def limit_rate(app: Quart, services: Services) -> None:
    """Refuse users who ask too often, with 429; whoever has no principal is not counted here."""
    rate = app.extensions["galley_rate"] = RequestRate(services.clock, services.requests_per_minute)

    @app.before_request
    async def _count() -> None:
        principal: Principal | None = g.get("principal")
        if principal is not None and (seconds := rate.take(principal.user_id)):
            raise rate.refusal(seconds)
