"""JSON that nobody can read in two ways (RFC 8259, RFC 7493) and that every store can keep."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from entrypoints.http.problems import HTTPError
from entrypoints.http.shape import escape_pointer

MAX_DEPTH = 64
MAX_VALUES = 20_000
"""Judging a value by its schema takes microseconds each; a megabyte of text is cheap, a megabyte of `[1,1,1` is not."""

_WHOLE = range(-(2**63), 2**63)
_LONGEST_WHOLE = 20


class MalformedBodyError(HTTPError):
    """The body is not the JSON that RFC 8259 and RFC 7493 (I-JSON) agree on."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "invalid_json", message)


def parse_json(data: bytes) -> Any:
    """Read JSON, refusing what two readers might understand differently or a store could not keep.

    Refused: duplicate keys, NaN and infinities, whole numbers beyond 64 bits, lone surrogates, U+0000, bytes that are
    not UTF-8, anything after the value, more than 64 levels and more than 20,000 values.

    Raises:
        MalformedBodyError: It is one of those.
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_read_object,
            parse_int=_read_whole,
            parse_float=_read_float,
            parse_constant=_refuse_constant,
        )
        _check(value, "", MAX_DEPTH, iter(range(MAX_VALUES)))
    except UnicodeDecodeError:
        raise MalformedBodyError("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBodyError(f"The body is not JSON: {error.msg}, line {error.lineno}, {error.colno}.") from None
    except RecursionError:
        raise MalformedBodyError(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    return value


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise MalformedBodyError("An object in the body names a field twice.")
    return found


def _read_whole(digits: str) -> int:
    if len(digits) > _LONGEST_WHOLE or (number := int(digits)) not in _WHOLE:
        raise MalformedBodyError("A whole number in the body does not fit into 64 bits.")
    return number


def _read_float(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise MalformedBodyError("A number in the body is too large.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedBodyError(f"{name} is not JSON.")


def _check(value: Any, pointer: str, levels: int, left: Iterator[int]) -> None:
    if next(left, None) is None:
        raise MalformedBodyError(f"The body holds more than {MAX_VALUES} values.")
    match value:
        case str():
            _check_text(value, pointer)
        case dict() | list() if levels == 0:
            raise MalformedBodyError(f"The body is nested deeper than {MAX_DEPTH} levels.")
        case dict():
            for name, item in value.items():
                _check_text(name, pointer)
                _check(item, f"{pointer}/{escape_pointer(name)}", levels - 1, left)
        case list():
            for place, item in enumerate(value):
                _check(item, f"{pointer}/{place}", levels - 1, left)


def _check_text(text: str, pointer: str) -> None:
    if "\0" in text:
        raise MalformedBodyError(f"A string at {pointer or '/'} holds U+0000, which can't be kept.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedBodyError(f"A string at {pointer or '/'} holds half of a surrogate pair.")
