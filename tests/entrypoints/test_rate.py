"""How many requests a user may make in a minute."""

from __future__ import annotations

from adapters.clock import ManualClock
from entrypoints.http.rate import MOST_USERS, RequestRate
from tests.entrypoints.arrangement import open_house


async def test_a_user_may_ask_so_often_and_again_as_time_passes() -> None:
    clock = ManualClock()
    rate = RequestRate(clock, 60)

    assert [rate.take("ann") for _ in range(60)] == [0.0] * 60
    assert rate.take("ann") == 1.0
    await clock.advance(0.25)
    assert rate.take("ann") == 0.75
    await clock.advance(0.75)
    assert (rate.take("ann"), rate.take("ann")) == (0.0, 1.0)


async def test_a_rest_saves_up_for_one_minute_only() -> None:
    clock = ManualClock()
    rate = RequestRate(clock, 60)
    await clock.advance(3600)

    assert sum(rate.take("ann") == 0 for _ in range(100)) == 60


async def test_one_user_costs_another_nothing() -> None:
    rate = RequestRate(ManualClock(), 1)

    assert [rate.take(name) for name in ("ann", "bob", "ann")] == [0.0, 0.0, 60.0]


async def test_only_so_many_users_are_remembered_those_who_asked_last() -> None:
    rate = RequestRate(ManualClock(), 2)
    for number in range(MOST_USERS):
        rate.take(str(number))
    rate.take("0")
    rate.take("new")

    assert (rate.take("0"), rate.take("1")) == (30.0, 0.0)
    assert (rate.take("1"), rate.take("1")) == (0.0, 30.0)


async def test_a_request_too_many_is_429_and_says_when_to_come_again() -> None:
    async with open_house(requests_per_minute=2) as house:
        ann = await house.log_in("ann")
        answers = [await house.ask("GET", "/runs", ann) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert (await answers[2].get_json())["code"] == "too_many_requests"
        assert answers[2].headers["Retry-After"] == "30"
        assert (await house.ask("GET", "/health/live", {})).status_code == 200
