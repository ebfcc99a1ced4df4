"""Price lists as files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from adapters.prices.file import SHIPPED, PriceFileError, load_prices, read_price_file
from domain.run.price import Price, PriceList, PriceOrigin, Rates
from tests.price_list import committed_day, render_prices

GOOD = """\
date: 2026-01-31
models:
  mine: {input: 1.5, output: 6}
  "llama*": {input: 0, output: 0}
  long: {input: 1, output: 2, cache_read: 0.5, cache_write: 3, long: {from: 1000, input: 2, output: 4}}
"""


def write_file(folder: Path, text: str) -> Path:
    path = folder / "prices.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def rates(plain: float, output: float, read: float | None = None, write: float | None = None) -> Rates:
    return Rates(
        input=plain,
        output=output,
        cache_read=plain if read is None else read,
        cache_write=plain if write is None else write,
    )


def test_a_file_says_what_models_cost(tmp_path: Path) -> None:
    origin = PriceOrigin(source="prices.yaml", date=date(2026, 1, 31))

    assert read_price_file(write_file(tmp_path, GOOD)) == PriceList(
        prices={
            "mine": Price(rates=rates(1.5, 6), origin=origin),
            "llama*": Price(rates=rates(0, 0), origin=origin),
            "long": Price(rates=rates(1, 2, 0.5, 3), origin=origin, long_from=1000, long=rates(2, 4)),
        }
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- 1", "prices.yaml:1: must hold `date:` and `models:`, each at the start of a line"),
        (
            "date: 2026-01-31\nmodels: {}",
            "prices.yaml:2: /models must hold a line for each model, such as `my-model: {",
        ),
        (GOOD.replace("2026-01-31", "soon"), "prices.yaml:1: /date must be the day on which the prices were right"),
        (GOOD + "source: 7", "prices.yaml:6: /source must be a text: where the prices are from"),
        (GOOD + "extra: 7", "prices.yaml:6: /extra is not known here; there are date, source, models"),
        (GOOD.replace("{input: 1.5, output: 6}", "3"), "prices.yaml:3: /models/mine must hold dollars for a million"),
        (GOOD.replace("output: 6", "otput: 6"), "prices.yaml:3: /models/mine has no output; give the dollars for"),
        (GOOD.replace("1.5", "-1"), "prices.yaml:3: /models/mine/input must be a number of dollars from 0 to 100,000"),
        (GOOD.replace("1.5", "yes"), "prices.yaml:3: /models/mine/input must be a number of dollars from 0 to 100,000"),
        (GOOD.replace("from: 1000", "from: 0"), "prices.yaml:5: /models/long/long/from must be a whole number above 0"),
        (GOOD.replace("from: 1000, ", ""), "prices.yaml:5: /models/long/long/from must be a whole number above 0"),
        (GOOD.replace("{from: 1000, input: 2, output: 4}", "2"), "prices.yaml:5: /models/long/long must hold dollars"),
        ("date: [", "prices.yaml:1: is not valid YAML"),
        ("#" * 300_000, "prices.yaml: is larger than 256 kB"),
    ],
)
def test_a_fault_is_told_with_file_line_and_field(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(PriceFileError) as caught:
        read_price_file(write_file(tmp_path, text))

    assert any(told.startswith(line) for told in caught.value.lines), caught.value.lines


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError) as caught:
        read_price_file(tmp_path / "none.yaml")

    assert caught.value.lines == ("none.yaml: can't be read: No such file or directory",)


def test_a_file_of_other_bytes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(PriceFileError) as caught:
        read_price_file(path)

    assert caught.value.lines == ("prices.yaml: is not UTF-8; save it as UTF-8",)


def test_the_operators_prices_count_before_the_shipped_ones(tmp_path: Path) -> None:
    path = write_file(tmp_path, "date: 2026-01-31\nmodels: {claude-sonnet-5-5: {input: 1, output: 2}}")

    ours, shipped = load_prices(path, is_free=False), load_prices(None, is_free=False)

    found = ours.find("claude-sonnet-5-5")
    assert found is not None and found.rates == rates(1, 2)
    assert ours.find("claude-opus-5-5") == shipped.find("claude-opus-5-5") is not None


@pytest.mark.parametrize(("is_free", "source"), [(True, "free"), (False, None)])
def test_a_model_that_nobody_knows_costs_nothing_only_where_all_are_free(is_free: bool, source: str | None) -> None:
    price = load_prices(None, is_free=is_free).find("my-own-model")

    assert (None if price is None else price.origin.source) == source


def test_the_shipped_prices_are_those_of_the_package() -> None:
    assert SHIPPED.read_text() == render_prices(committed_day()), "run `make golden` and look at the difference"
