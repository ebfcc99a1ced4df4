"""What a user may spend in a day, over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from domain.admission import AdmissionRules
from domain.run.events import RunFailed
from domain.run.model import Stage
from domain.run.price import PriceList
from domain.run.spending import DailyLimits, Reservation, Spending
from tests.entrypoints.arrangement import BODY, House, open_house

TODAY = date(2026, 1, 1)
RULES = AdmissionRules(default_model="scripted", daily_limits=DailyLimits(tokens=100, cost_usd=2.0))


async def use(house: House, run_id: str, most: Spending) -> None:
    """Have a run of Ann's use something."""
    lease = await house.claim(run_id)
    held = Reservation(user_id="id-ann", day=TODAY, run_id=run_id, epoch=lease.epoch, call=1, most=most)
    await house.services.ledger.reserve(held, DailyLimits())
    await house.services.ledger.settle(run_id, epoch=lease.epoch, call=1)


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (Spending(tokens=100), "Your limit of 100 tokens a day"),
        (Spending(nanodollars=2_000_000_000), "Your limit of 2 US dollars a day"),
    ],
)
async def test_whoever_used_up_the_day_is_refused_until_it_ends(most: Spending, words: str) -> None:
    async with open_house(rules=RULES) as house:
        ann = await house.log_in("ann")
        await use(house, await house.begin(ann), most)
        await house.clock.advance(10)

        answer = await house.ask("POST", "/run", ann, BODY)

        problem = await answer.get_json()
        assert (answer.status_code, problem["code"]) == (429, "daily_limit_reached")
        assert problem["detail"].startswith(words)
        assert answer.headers["Retry-After"] == str(24 * 3600 - 10)
        assert await house.begin(await house.log_in("bob"))


async def test_the_next_day_is_a_new_one() -> None:
    async with open_house(rules=RULES) as house:
        ann = await house.log_in("ann")
        await use(house, await house.begin(ann), Spending(tokens=100))
        await house.clock.advance(24 * 3600)

        assert await house.begin(await house.log_in("ann"))


async def test_who_is_asking_learns_what_was_used_today() -> None:
    async with open_house(rules=RULES) as house:
        ann = await house.log_in("ann")
        await use(house, await house.begin(ann), Spending(tokens=40, nanodollars=1_500_000_000))

        answer = await house.ask("GET", "/auth/me", ann)

        assert (await answer.get_json())["today"] == {
            "tokens": 40,
            "cost_usd": 1.5,
            "tokens_limit": 100,
            "cost_usd_limit": 2.0,
        }


async def test_a_model_of_no_known_price_is_refused() -> None:
    async with open_house(rules=AdmissionRules(default_model="scripted", prices=PriceList())) as house:
        answer = await house.ask("POST", "/run", await house.log_in("ann"), BODY)

        (fault,) = (await answer.get_json())["errors"]
        assert answer.status_code == 422
        assert fault["pointer"] == "/model"
        assert "PRICES" in fault["detail"]


async def test_a_run_that_met_the_day_s_limit_is_429_for_who_waits() -> None:
    async with open_house(rules=RULES) as house:
        ann = await house.log_in("ann")
        run_id = await house.begin(ann, run_id="0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b")
        end = RunFailed(
            code="limit_reached",
            message="Used up.",
            retryable=False,
            stage=Stage.GENERATOR,
            metadata={"limit": "user_tokens_per_day"},
        )
        await house.write(await house.claim(run_id), end)

        answer = await house.ask("POST", "/run", ann, {**BODY, "run_id": run_id})

        assert (answer.status_code, (await answer.get_json())["code"]) == (429, "limit_reached")
        assert 0 < int(answer.headers["Retry-After"]) <= 86_400
