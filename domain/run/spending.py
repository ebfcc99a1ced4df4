"""What a user spends in a day: the daily limits, what is reserved for a call and what was used."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from attrs import frozen

from domain.errors import DailyLimitError, DailyLimitName
from domain.run.price import to_dollars, to_nanodollars


@frozen(kw_only=True)
class Spending:
    """Tokens, input and output together, and money in billionths of a US dollar, so that every sum is exact."""

    tokens: int = 0
    nanodollars: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(tokens=self.tokens + other.tokens, nanodollars=self.nanodollars + other.nanodollars)

    @property
    def cost_usd(self) -> float:
        """The money in US dollars."""
        return to_dollars(self.nanodollars)


@frozen(kw_only=True)
class Reservation:
    """What one provider call may use at most, held for it from before it begins until it is settled.

    It counts for the UTC `day` on which it was made. `call` counts the calls of a run from 1, under one `epoch`.
    """

    user_id: str
    day: date
    run_id: str
    epoch: int
    call: int
    most: Spending


@frozen(kw_only=True)
class DayUsage:
    """What a user has spent on a day, and what the calls under way may spend at most beyond that."""

    used: Spending
    reserved: Spending


@frozen(kw_only=True)
class DailyLimits:
    """What one user may spend on a UTC day; None: as much as they like."""

    tokens: int | None = None
    cost_usd: float | None = None

    def check(self, usage: DayUsage, more: Spending) -> None:
        """Hold what would be spent at most to the limits.

        Raises:
            DailyLimitError: It does not fit.
        """
        taken = usage.used + usage.reserved
        tokens_left = None if self.tokens is None else max(0, self.tokens - taken.tokens)
        nanodollars_left = None
        if self.cost_usd is not None:
            nanodollars_left = max(0, to_nanodollars(self.cost_usd) - taken.nanodollars)
        limit: DailyLimitName
        if tokens_left is not None and more.tokens > tokens_left:
            limit, allowed = "user_tokens_per_day", f"{self.tokens:,} tokens"
        elif nanodollars_left is not None and more.nanodollars > nanodollars_left:
            limit, allowed = "user_usd_per_day", f"{self.cost_usd:g} US dollars"
        else:
            return
        message = f"Your limit of {allowed} a day is used up; the next day begins at midnight UTC."
        raise DailyLimitError(message, limit=limit, tokens_left=tokens_left, nanodollars_left=nanodollars_left)


def day_of(time: datetime) -> date:
    """Return the UTC day."""
    return time.astimezone(UTC).date()


def seconds_until_next_day(time: datetime) -> float:
    """Return how long the UTC day still lasts."""
    utc = time.astimezone(UTC)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - utc).total_seconds()
