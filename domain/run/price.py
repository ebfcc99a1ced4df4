"""What models cost: prices by model, with their date and where they are from."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping

import re2
from attrs import field, frozen

from domain.run.usage import Tokens

NANODOLLARS_PER_DOLLAR = 1_000_000_000
_NANODOLLARS_PER_TOKEN = 1000
"""What one token costs in billionths of a dollar where a million of them cost one dollar."""
DATED = re2.compile(r"(.+?)[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)")
"""How providers name a model of a certain day: its name in group 1, then the day."""


@frozen(kw_only=True)
class PriceOrigin:
    """Where a price is from, and the day on which it was right, None where it is nobody's list price."""

    source: str
    date: datetime.date | None = None


@frozen(kw_only=True)
class Rates:
    """US dollars for a million tokens; `cache_read` and `cache_write` are for input that the provider's cache takes."""

    input: float
    output: float
    cache_read: float
    cache_write: float


@frozen(kw_only=True)
class Price:
    """What a model's tokens cost; calls with more than `long_from` tokens of input are charged at `long` in all."""

    rates: Rates
    origin: PriceOrigin
    long_from: int | None = None
    long: Rates | None = None

    def cost(self, tokens: Tokens) -> int:
        """Return what tokens cost, in billionths of a dollar."""
        rates = self._rates_for(tokens.input)
        plain = max(0, tokens.input - tokens.cached - tokens.cache_written)
        dollars = (
            rates.input * plain
            + rates.cache_read * tokens.cached
            + rates.cache_write * tokens.cache_written
            + rates.output * tokens.output
        )
        return round(dollars * _NANODOLLARS_PER_TOKEN)

    def most(self, *, input_tokens: int, output_tokens: int) -> int:
        """Return the most that a call can cost, in billionths of a dollar, whatever the cache does."""
        rates = self._rates_for(input_tokens)
        dearest = max(rates.input, rates.cache_read, rates.cache_write)
        return math.ceil((dearest * input_tokens + rates.output * output_tokens) * _NANODOLLARS_PER_TOKEN)

    def output_for(self, nanodollars: int, *, input_tokens: int) -> int | None:
        """Return how many tokens of output that buys behind so much input, None where output is free.

        It is below 0 where not even the input can be paid.
        """
        left = nanodollars - self.most(input_tokens=input_tokens, output_tokens=0)
        each = self._rates_for(input_tokens).output * _NANODOLLARS_PER_TOKEN
        if left < 0 or each == 0:
            return -1 if left < 0 else None
        return int(left // each)

    def _rates_for(self, input_tokens: int) -> Rates:
        if self.long is not None and self.long_from is not None and input_tokens > self.long_from:
            return self.long
        return self.rates


@frozen(kw_only=True)
class PriceList:
    """Prices by a model's name; one that ends in * is for every model that begins so."""

    prices: Mapping[str, Price] = field(factory=dict)

    def find(self, model: str) -> Price | None:
        """Return a model's price, None where nobody knows it.

        A name counts more than a beginning, the longest beginning most; a model that is named with its date, such as
        claude-sonnet-4-5-20250929, has the price of the undated one.
        """
        if model in self.prices:
            return self.prices[model]
        dated = DATED.fullmatch(model)
        if dated is not None and dated[1] in self.prices:
            return self.prices[dated[1]]
        beginnings = [name for name in self.prices if name.endswith("*") and model.startswith(name[:-1])]
        return self.prices[max(beginnings, key=len)] if beginnings else None

    def override(self, other: PriceList) -> PriceList:
        """Return both lists as one, in which the other one's prices count where both have a name."""
        return PriceList(prices={**self.prices, **other.prices})


NOTHING = Rates(input=0.0, output=0.0, cache_read=0.0, cache_write=0.0)
FREE = PriceList(prices={"*": Price(rates=NOTHING, origin=PriceOrigin(source="free"))})
"""For what costs nothing by the token: the sample provider, a model on this machine, a provider under test."""


def to_dollars(nanodollars: int) -> float:
    """Return US dollars."""
    return nanodollars / NANODOLLARS_PER_DOLLAR


def to_nanodollars(dollars: float) -> int:
    """Return billionths of a US dollar."""
    return round(dollars * NANODOLLARS_PER_DOLLAR)
