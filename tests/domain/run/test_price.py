"""What tokens cost."""

from __future__ import annotations

import pytest

from domain.run.price import FREE, Price, PriceList, PriceOrigin, Rates, to_dollars, to_nanodollars
from domain.run.usage import Tokens

ORIGIN = PriceOrigin(source="list")
RATES = Rates(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75)
DOUBLE = Rates(input=6.0, output=30.0, cache_read=0.6, cache_write=7.5)
PRICE = Price(rates=RATES, origin=ORIGIN)
LONG = Price(rates=RATES, origin=ORIGIN, long_from=100, long=DOUBLE)
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("tokens", "dollars"),
    [
        (Tokens(input=MILLION), 3.0),
        (Tokens(output=MILLION), 15.0),
        (Tokens(input=MILLION, cached=MILLION), 0.3),
        (Tokens(input=MILLION, cache_written=MILLION), 3.75),
        (Tokens(input=MILLION, cached=400_000, cache_written=100_000), 3 * 0.5 + 0.3 * 0.4 + 3.75 * 0.1),
        (Tokens(input=1), 0.000003),
        (Tokens(), 0.0),
        (Tokens(input=1, cached=MILLION), 0.3),
    ],
)
def test_each_kind_of_token_has_its_price(tokens: Tokens, dollars: float) -> None:
    assert PRICE.cost(tokens) == to_nanodollars(dollars)


@pytest.mark.parametrize(("input_tokens", "nanodollars"), [(100, 300_000), (101, 606_000)])
def test_a_long_input_is_charged_at_its_own_rates_in_all(input_tokens: int, nanodollars: int) -> None:
    assert LONG.cost(Tokens(input=input_tokens)) == nanodollars


def test_the_most_that_a_call_costs_is_all_of_its_input_written_to_the_cache() -> None:
    assert PRICE.most(input_tokens=100, output_tokens=10) == 100 * 3750 + 10 * 15_000


@pytest.mark.parametrize(
    ("nanodollars", "output"), [(375_000 + 15_000 * 7 + 1, 7), (375_000, 0), (374_999, -1), (0, -1)]
)
def test_money_buys_input_first_and_then_output(nanodollars: int, output: int) -> None:
    assert PRICE.output_for(nanodollars, input_tokens=100) == output


def test_output_that_is_free_is_not_counted() -> None:
    price = FREE.find("anything")
    assert price is not None

    assert price.output_for(0, input_tokens=100) is None
    assert price.most(input_tokens=MILLION, output_tokens=MILLION) == 0


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("sonnet-5", "sonnet-5"),
        ("sonnet-5-20260131", "sonnet-5"),
        ("sonnet-5@20260131", "sonnet-5"),
        ("sonnet-5-2026-01-31", "sonnet-5"),
        ("sonnet-5-latest", "sonnet-5"),
        ("sonnet-5-5", None),
        ("haiku-20260131", None),
        ("llama-3", "llama*"),
        ("llama-guard-1", "llama-guard*"),
        ("Llama-3", None),
    ],
)
def test_a_model_is_found_by_its_name_or_beginning(model: str, found: str | None) -> None:
    names = ("sonnet-5", "llama*", "llama-guard*")
    prices = {name: Price(rates=RATES, origin=PriceOrigin(source=name)) for name in names}

    price = PriceList(prices=prices).find(model)

    assert (None if price is None else price.origin.source) == found


def test_one_list_counts_before_another() -> None:
    theirs, ours = Price(rates=DOUBLE, origin=ORIGIN), Price(rates=RATES, origin=ORIGIN)

    both = PriceList(prices={"a": theirs, "b": theirs}).override(PriceList(prices={"a": ours}))

    assert both == PriceList(prices={"a": ours, "b": theirs})


def test_dollars_are_kept_in_billionths() -> None:
    assert (to_nanodollars(0.000000001), to_dollars(1_500_000_000)) == (1, 1.5)
