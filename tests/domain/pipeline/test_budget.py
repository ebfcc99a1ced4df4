"""What one more call may use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from domain.completion import PromptRequest, Turn
from domain.errors import DailyLimitError
from domain.pipeline.budget import Budget, find_budget, most_input_tokens, shrink
from domain.run.events import TokensUsed
from domain.run.history import History
from domain.run.limits import Limits
from domain.run.model import Stage
from domain.run.price import FREE, Price, PriceOrigin, Rates
from domain.run.spending import Spending
from tests.examples import NOW, QUEUED, make_records

USED = TokensUsed(stage=Stage.GENERATOR, attempt=1, model="m", input_tokens=60, output_tokens=20, cost_usd=0.5)
HISTORY = History.fold(make_records((QUEUED, USED)))
NO_CHARGE = FREE.find("any")
DEAR = Price(rates=Rates(input=1000, output=2000, cache_read=0, cache_write=1250), origin=PriceOrigin(source="list"))


def budget_for(limits: Limits, **changes: Any) -> Budget:
    given = {"input_tokens": 10, "output_tokens": 50, "price": NO_CHARGE, "now": NOW + timedelta(seconds=4)}
    return find_budget(limits, HISTORY, **given | changes)


def test_a_call_may_use_what_is_left() -> None:
    limits = Limits(output_tokens=50, total_tokens=100, deadline_seconds=10.0)

    assert budget_for(limits) == Budget(
        met=None, seconds=6.0, input_tokens=10, output_tokens=10, is_whole=False, most=Spending(tokens=20)
    )


def test_a_call_that_fits_is_whole() -> None:
    budget = budget_for(Limits(output_tokens=50))

    assert (budget.output_tokens, budget.is_whole, budget.most) == (50, True, Spending(tokens=60))


def test_a_stage_that_wants_less_gets_less() -> None:
    budget = budget_for(Limits(output_tokens=50), output_tokens=5)

    assert (budget.output_tokens, budget.is_whole) == (5, True)


def test_an_answer_gets_as_short_as_the_money_that_is_left() -> None:
    # 0.1 dollars are left; 10 tokens of input cost 0.0125 at most, which leaves 0.0875 for output at 0.002 each.
    budget = budget_for(Limits(output_tokens=50, cost_usd=0.6), price=DEAR)

    assert (budget.met, budget.output_tokens, budget.is_whole) == (None, 43, False)
    assert budget.most == Spending(tokens=53, nanodollars=12_500_000 + 43 * 2_000_000)


@pytest.mark.parametrize(
    ("limits", "price", "met"),
    [
        (Limits(deadline_seconds=5.0), NO_CHARGE, "deadline_seconds"),
        (Limits(total_tokens=90), NO_CHARGE, "total_tokens"),
        (Limits(cost_usd=0.5), DEAR, "cost_usd"),
        (Limits(cost_usd=0.512), DEAR, "cost_usd"),
        (Limits(), None, "cost_usd"),
    ],
)
def test_a_limit_that_is_used_up_forbids_the_call(limits: Limits, price: Price | None, met: str) -> None:
    budget = budget_for(limits, price=price, now=NOW + timedelta(seconds=5))

    assert budget.met == met


def test_a_run_without_a_log_has_its_whole_deadline() -> None:
    budget = find_budget(
        Limits(deadline_seconds=5.0), History(), input_tokens=0, output_tokens=1, price=NO_CHARGE, now=NOW
    )

    assert (budget.met, budget.seconds) == (None, 5.0)


def refusal(**left: int | None) -> DailyLimitError:
    given: dict[str, Any] = {"tokens_left": None, "nanodollars_left": None, "limit": "user_tokens_per_day"}
    return DailyLimitError("Used up.", **given | left)


def test_a_day_that_has_less_left_makes_the_answer_shorter() -> None:
    shrunk = shrink(budget_for(Limits(output_tokens=50)), refusal(tokens_left=40), price=NO_CHARGE)

    assert (shrunk.met, shrunk.output_tokens, shrunk.is_whole) == (None, 30, False)
    assert shrunk.most == Spending(tokens=40)


@pytest.mark.parametrize(("price", "output"), [(DEAR, 3), (NO_CHARGE, 50)])
def test_a_day_with_less_money_makes_only_what_costs_shorter(price: Price, output: int) -> None:
    shrunk = shrink(
        budget_for(Limits(output_tokens=50), price=price), refusal(nanodollars_left=20_000_000), price=price
    )

    assert shrunk.output_tokens == output


def test_a_day_with_nothing_left_is_a_limit_that_is_met() -> None:
    shrunk = shrink(budget_for(Limits()), refusal(tokens_left=10), price=NO_CHARGE)

    assert shrunk.met == "user_tokens_per_day"


def test_the_most_that_a_text_can_be_is_a_token_for_each_byte() -> None:
    request = PromptRequest(
        stage=Stage.GENERATOR,
        attempt=1,
        model="m",
        system="茶",
        turns=(Turn(role="user", content="tea"),),
        max_output_tokens=1,
        inputs={},
    )

    assert most_input_tokens(request) == 3 + 1 + 3 + 1000
    with_schema = evolve(request, output_schema={"a": 1})
    assert most_input_tokens(with_schema) == most_input_tokens(request) + len(b'{"a":1}')
