"""Writes the shipped price list from the data of genai-prices."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any, Final

import re2
from genai_prices import data_snapshot
from genai_prices.types import ClauseEquals, ClauseOr, ModelInfo, ModelPrice, TieredPrices

from adapters.prices.file import SHIPPED
from domain.run.price import DATED

PROVIDERS: Final = ("anthropic", "openai")
_NOT_FOR_TEXT: Final = re2.compile(
    r".*(audio|image|realtime|transcribe|tts|whisper|embedding|search|computer-use|moderation|vision|live|research).*"
    r"|(text-)?(ada|babbage|curie|davinci).*|ft:.*|.*\.ft-.*|.*instruct.*|.*:extended|gpt-oss.*"
)


def render_prices(day: date) -> str:
    """Return the file: every text model of the shipped providers that is sold by the token, at that day's prices."""
    models = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in _entries(day).items())
    head = {"date": day.isoformat(), "source": f"genai-prices {version('genai-prices')}"}
    return f'{json.dumps(head)[:-1]},\n  "models": {{\n{models}\n  }}\n}}\n'


def _entries(day: date) -> dict[str, dict[str, Any]]:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    entries = {
        name: _entry(prices)
        for provider in data_snapshot.get_snapshot().providers
        if provider.id in PROVIDERS
        for model in provider.models
        if (prices := model.get_prices(moment)).input_mtok is not None and prices.output_mtok is not None
        for name in _names(model)
        if not _NOT_FOR_TEXT.fullmatch(name)
    }
    return {name: entry for name, entry in sorted(entries.items()) if not _is_implied(name, entries)}


def _is_implied(name: str, entries: Mapping[str, dict[str, Any]]) -> bool:
    """Whether `PriceList.find` comes to the same price without this name."""
    dated = DATED.fullmatch(name)
    return dated is not None and entries.get(dated[1]) == entries[name]


def _names(model: ModelInfo) -> Iterator[str]:
    yield model.id
    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    for clause in clauses:
        if isinstance(clause, ClauseEquals):
            yield clause.equals


def _entry(prices: ModelPrice) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "input": prices.input_mtok,
        "output": prices.output_mtok,
        "cache_read": prices.cache_read_mtok,
        "cache_write": prices.cache_write_mtok,
    }
    given = {name: price for name, price in fields.items() if price is not None}
    plain = {name: _rate(price) for name, price in given.items()}
    starts = {price.tiers[0].start for price in given.values() if isinstance(price, TieredPrices)}
    if not starts:
        return plain
    (start,) = starts
    return plain | {"long": {"from": start} | {name: _rate(price, is_long=True) for name, price in given.items()}}


def _rate(price: Any, *, is_long: bool = False) -> float:
    if isinstance(price, TieredPrices):
        price = price.tiers[0].price if is_long else price.base
    return float(price)


def refresh_prices() -> None:
    """Write the file anew, with today's date, where genai-prices says something else than it does."""
    if SHIPPED.read_text() != render_prices(committed_day()):
        SHIPPED.write_text(render_prices(datetime.now(UTC).date()))


def committed_day() -> date:
    """Return the day of the prices in the file."""
    return date.fromisoformat(json.loads(SHIPPED.read_bytes())["date"])
