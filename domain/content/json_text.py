"""JSON as text: read strictly, with the place where reading stopped."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from domain.content.finding import Finding, place_at
from domain.content.json_value import MAX_DEPTH, is_too_deep
from domain.content.text import to_well_formed


class NotJsonError(ValueError):
    """The text is not JSON; `position` is the code point where reading stopped."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


def read_json(text: str) -> Any:
    """Read JSON (RFC 8259): no NaN, no infinity, at most 64 levels.

    Raises:
        NotJsonError: It is not.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_read_float)
    except json.JSONDecodeError as error:
        raise NotJsonError(error.msg[:1].lower() + error.msg[1:], error.pos) from None
    except RecursionError:
        raise NotJsonError(_TOO_DEEP) from None
    except NotJsonError:
        raise
    except ValueError:
        # Python refuses to read whole numbers of more than 4,300 digits.
        raise NotJsonError(_TOO_LARGE) from None
    if is_too_deep(value):
        raise NotJsonError(_TOO_DEEP)
    return value


def write_json(value: Any) -> str:
    """Write a value that was read by `read_json`: indented by 2 spaces, characters as they are."""
    line = to_well_formed(json.dumps(value, ensure_ascii=False))
    return msgspec.json.format(line, indent=2)


def find_json_fault(text: str) -> Finding | None:
    """Return the finding that a text which is not JSON has, with line and column."""
    try:
        read_json(text)
    except NotJsonError as error:
        message = f"is not valid JSON: {error}. Write one JSON value and nothing else."
        return Finding(check="json", message=message, where=place_at(text, error.position))
    return None


_TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"
_TOO_LARGE = "it holds a number that is too large"


def _refuse_constant(name: str) -> Any:
    raise NotJsonError(f"{name} is not a JSON number")


def _read_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJsonError(_TOO_LARGE)
    return number
