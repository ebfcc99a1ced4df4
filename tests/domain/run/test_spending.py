"""What a user may spend in a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from domain.errors import DailyLimitError
from domain.run.spending import DailyLimits, DayUsage, Spending, day_of, seconds_until_next_day

USED = DayUsage(used=Spending(tokens=60, nanodollars=600), reserved=Spending(tokens=30, nanodollars=300))


def test_spendings_add_up_exactly() -> None:
    assert Spending(tokens=1, nanodollars=2) + Spending(tokens=3, nanodollars=4) == Spending(tokens=4, nanodollars=6)
    assert Spending(nanodollars=1_500_000_000).cost_usd == 1.5


@pytest.mark.parametrize("limits", [DailyLimits(), DailyLimits(tokens=100), DailyLimits(cost_usd=0.000001)])
def test_what_fits_is_let_through(limits: DailyLimits) -> None:
    limits.check(USED, Spending(tokens=10, nanodollars=100))


@pytest.mark.parametrize(
    ("limits", "limit", "left", "words"),
    [
        (DailyLimits(tokens=99), "user_tokens_per_day", (9, None), "99 tokens"),
        (DailyLimits(tokens=10), "user_tokens_per_day", (0, None), "10 tokens"),
        (DailyLimits(tokens=99, cost_usd=1), "user_tokens_per_day", (9, 999_999_100), "99 tokens"),
        (DailyLimits(tokens=100, cost_usd=9.99e-7), "user_usd_per_day", (10, 99), "9.99e-07 US dollars"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_left(
    limits: DailyLimits, limit: str, left: tuple[int, int | None], words: str
) -> None:
    with pytest.raises(DailyLimitError) as caught:
        limits.check(USED, Spending(tokens=10, nanodollars=100))

    error = caught.value
    assert (error.limit, (error.tokens_left, error.nanodollars_left)) == (limit, left)
    assert error.message == f"Your limit of {words} a day is used up; the next day begins at midnight UTC."


def test_a_day_is_a_day_of_utc() -> None:
    late = datetime(2026, 1, 1, 23, 30, tzinfo=timezone(timedelta(hours=-1)))

    assert day_of(late) == date(2026, 1, 2)
    assert seconds_until_next_day(late) == 23.5 * 3600
    assert seconds_until_next_day(datetime(2026, 1, 1, tzinfo=UTC)) == 24 * 3600
