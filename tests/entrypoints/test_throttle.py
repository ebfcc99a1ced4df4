"""Who may try how often, by the clock."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock import ManualClock
from domain.errors import InvalidCredentialsError, StoreUnavailableError, TooManyAttemptsError
from entrypoints.line import Line
from entrypoints.throttle import Throttle, network_of


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def throttle(clock: ManualClock) -> Throttle:
    return Throttle(clock, limit=3, seconds=60, keys=4)


def fail(throttle: Throttle, *keys: str) -> None:
    with pytest.raises(InvalidCredentialsError), throttle.trying(*keys):
        raise InvalidCredentialsError


def wait_of(throttle: Throttle, *keys: str) -> float:
    with pytest.raises(TooManyAttemptsError) as refused, throttle.trying(*keys):
        pytest.fail("let in")
    return refused.value.retry_after


async def test_after_the_last_failed_try_the_first_must_be_a_minute_old(throttle: Throttle, clock: ManualClock) -> None:
    for _ in range(3):
        fail(throttle, "ada")
        await clock.advance(10)

    assert wait_of(throttle, "ada") == 30
    await clock.advance(30)
    fail(throttle, "ada")
    assert wait_of(throttle, "ada") == 10


async def test_every_key_counts_by_itself(throttle: Throttle) -> None:
    for name in ("ada", "bob", "cyd"):
        fail(throttle, name, "office")

    assert wait_of(throttle, "dan", "office") == 60
    fail(throttle, "ada", "home")


async def test_a_refused_try_does_not_count(throttle: Throttle, clock: ManualClock) -> None:
    for _ in range(3):
        fail(throttle, "ada")
    for _ in range(5):
        await clock.advance(10)
        wait_of(throttle, "ada", "home")

    for _ in range(3):
        fail(throttle, "home")


async def test_what_did_not_fail_does_not_count(throttle: Throttle) -> None:
    for _ in range(20):
        with throttle.trying("ada"):
            pass
        with pytest.raises(StoreUnavailableError), throttle.trying("ada"):
            raise StoreUnavailableError

    fail(throttle, "ada")


async def test_success_does_not_forgive_what_failed_before(throttle: Throttle) -> None:
    for _ in range(2):
        fail(throttle, "office")
    with throttle.trying("office"):
        pass

    fail(throttle, "office")
    assert wait_of(throttle, "office") == 60


async def test_who_goes_away_before_the_answer_has_failed(throttle: Throttle) -> None:
    for _ in range(3):
        with pytest.raises(asyncio.CancelledError), throttle.trying("ada"):
            raise asyncio.CancelledError

    assert wait_of(throttle, "ada") == 60


async def test_tries_at_the_same_time_can_not_slip_through_together(throttle: Throttle) -> None:
    with throttle.trying("ada"), throttle.trying("ada"), throttle.trying("ada"):
        assert wait_of(throttle, "ada") == 60


async def test_only_the_keys_that_were_tried_last_are_known(throttle: Throttle) -> None:
    for _ in range(3):
        fail(throttle, "ada")
    for number in range(1000):
        fail(throttle, str(number))

    fail(throttle, "ada")
    assert len(throttle._tries) == 4


@given(steps=st.lists(st.floats(0, 40), max_size=60))
@settings(max_examples=50, deadline=None)
async def test_no_minute_ever_has_more_failed_tries_than_allowed(steps: list[float]) -> None:
    clock = ManualClock()
    throttle = Throttle(clock, limit=3, seconds=60)
    let_in: list[float] = []
    for step in steps:
        await clock.advance(step)
        try:
            with throttle.trying("ada"):
                let_in.append(clock.monotonic())
                raise InvalidCredentialsError
        except (InvalidCredentialsError, TooManyAttemptsError):
            pass

    assert all(later - first >= 60 for first, later in zip(let_in, let_in[3:], strict=False))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_address_stands_for_what_one_customer_holds(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_line_lets_a_few_in_at_a_time_in_order() -> None:
    line = Line(at_once=2)
    inside: list[int] = []
    seen: list[tuple[int, ...]] = []

    async def visit(number: int) -> None:
        async with line.turn():
            inside.append(number)
            seen.append(tuple(inside))
            await asyncio.sleep(0)
            inside.remove(number)

    await asyncio.gather(*(visit(number) for number in range(20)))

    assert max(map(len, seen)) == 2
    assert [now[-1] for now in seen] == list(range(20))


async def test_a_line_that_is_too_long_takes_nobody_until_somebody_left() -> None:
    line = Line(at_once=1, longest=1)
    async with asyncio.timeout(5):
        async with line.turn():
            with pytest.raises(TooManyAttemptsError):
                async with line.turn():
                    pytest.fail("let in")

        async with line.turn():
            pass
