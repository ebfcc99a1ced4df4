"""Price lists as files: the shipped one, and the operator's in YAML, whose every fault is told with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from domain.content.json_value import step_into
from domain.content.yaml_text import NotYamlError, YamlDocument, read_yaml
from domain.errors import Fault
from domain.run.price import FREE, Price, PriceList, PriceOrigin, Rates

SHIPPED: Final = Path(__file__).parent / "prices.json"
LARGEST_BYTES: Final = 256 * 1024
MOST_DOLLARS: Final = 100_000.0
_FIELDS: Final = ("date", "source", "models")
_RATES: Final = ("input", "output", "cache_read", "cache_write")


class PriceFileError(ValueError):
    """A price file can't be used; `lines` say where and why, as "prices.yaml:4: /models/m/input must be ..."."""

    def __init__(self, path: Path, faults: tuple[Fault, ...]) -> None:
        self.lines = tuple(_describe(path.name, fault) for fault in faults)
        super().__init__("\n".join(self.lines))


def load_prices(path: Path | None, *, is_free: bool) -> PriceList:
    """Return what models cost here: the operator's prices before the shipped ones, and 0 for others where it is free.

    Raises:
        PriceFileError: The operator's file can't be read, or has faults.
    """
    prices = (FREE if is_free else PriceList()).override(_read_shipped())
    return prices if path is None else prices.override(read_price_file(path))


@cache
def _read_shipped() -> PriceList:
    # JSON is a part of YAML, and read a thousand times as fast: every start does it.
    return _make_list(msgspec.json.decode(SHIPPED.read_bytes()), SHIPPED.name)


def read_price_file(path: Path) -> PriceList:
    """Read a price list.

    Raises:
        PriceFileError: It can't be read, or has faults.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        document = read_yaml(data.decode("utf-8-sig"))
    except OSError as error:
        raise PriceFileError(path, (Fault(pointer="", message=f"can't be read: {error.strerror}"),)) from None
    except UnicodeDecodeError:
        raise PriceFileError(path, (Fault(pointer="", message="is not UTF-8; save it as UTF-8"),)) from None
    except NotYamlError as error:
        raise PriceFileError(path, error.faults) from None
    if len(data) > LARGEST_BYTES:
        message = f"is larger than {LARGEST_BYTES // 1024} kB, which is all that a price list may have"
        raise PriceFileError(path, (Fault(pointer="", message=message),))
    faults = [(pointer, message) for pointer, message in _find_faults(document.value)]
    if faults:
        raise PriceFileError(path, _locate(faults, document))
    return _make_list(document.value, path.name)


def _locate(faults: list[tuple[str, str]], document: YamlDocument) -> tuple[Fault, ...]:
    located = (Fault(pointer=p, message=message, line=document.find_line(p)) for p, message in faults)
    return tuple(sorted(located, key=lambda fault: fault.line or 0))


def _find_faults(value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield "", "must hold `date:` and `models:`, each at the start of a line"
        return
    yield from _find_strangers(value, _FIELDS, "")
    if not _is_date(value.get("date")):
        yield "/date", "must be the day on which the prices were right, such as 2026-01-31"
    if not isinstance(value.get("source", ""), str):
        yield "/source", "must be a text: where the prices are from"
    models = value.get("models")
    if not isinstance(models, Mapping) or not models:
        yield "/models", "must hold a line for each model, such as `my-model: {input: 1.5, output: 6}`"
        return
    for name, entry in models.items():
        yield from _find_price_faults(entry, step_into("/models", name))


def _find_price_faults(entry: Any, pointer: str) -> Iterator[tuple[str, str]]:
    yield from _find_rate_faults(entry, pointer, (*_RATES, "long"))
    if isinstance(entry, Mapping) and "long" in entry:
        long, place = entry["long"], f"{pointer}/long"
        yield from _find_rate_faults(long, place, (*_RATES, "from"))
        start = long.get("from") if isinstance(long, Mapping) else 1
        if isinstance(start, bool) or not isinstance(start, int) or start < 1:
            yield f"{place}/from", "must be a whole number above 0: the tokens of input beyond which these prices hold"


def _find_rate_faults(entry: Any, pointer: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, Mapping):
        yield pointer, "must hold dollars for a million tokens, such as {input: 1.5, output: 6}"
        return
    yield from _find_strangers(entry, names, pointer)
    for name in _RATES:
        if name not in entry and name in ("input", "output"):
            yield pointer, f"has no {name}; give the dollars for a million tokens, 0 where they cost nothing"
        elif name in entry and not _is_rate(entry[name]):
            yield f"{pointer}/{name}", f"must be a number of dollars from 0 to {MOST_DOLLARS:,.0f} for a million tokens"


def _find_strangers(value: Mapping[str, Any], names: tuple[str, ...], pointer: str) -> Iterator[tuple[str, str]]:
    for name in value:
        if name not in names:
            yield step_into(pointer, name), f"is not known here; there are {', '.join(names)}"


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_DOLLARS


def _make_list(value: Mapping[str, Any], name: str) -> PriceList:
    origin = PriceOrigin(source=value.get("source", name), date=date.fromisoformat(value["date"]))
    return PriceList(prices={model: _make_price(entry, origin) for model, entry in value["models"].items()})


def _make_price(entry: Mapping[str, Any], origin: PriceOrigin) -> Price:
    long = entry.get("long")
    return Price(
        rates=_make_rates(entry),
        origin=origin,
        long_from=None if long is None else long["from"],
        long=None if long is None else _make_rates(long),
    )


def _make_rates(entry: Mapping[str, Any]) -> Rates:
    plain = float(entry["input"])
    return Rates(
        input=plain,
        output=float(entry["output"]),
        cache_read=float(entry.get("cache_read", plain)),
        cache_write=float(entry.get("cache_write", plain)),
    )


def _describe(path: str, fault: Fault) -> str:
    place = path if fault.line is None else f"{path}:{fault.line}"
    return f"{place}: {fault.pointer} {fault.message}" if fault.pointer else f"{place}: {fault.message}"
