"""Values as JSON gives them into types, or a fault that says where and why."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from domain.errors import Fault, InvalidRequestError

LONGEST_TEXT = 300
"""Of what somebody sent, in an answer that quotes it."""

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.S)
_FIELD = re.compile(r"^Object (?:missing required|contains unknown) field `(?P<name>[^`]*)`$", re.S)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")

T = TypeVar("T")


def shape(value: Any, body_type: type[T]) -> T:
    """Fit a value as JSON gives it to a type.

    Raises:
        InvalidRequestError: It does not fit; the fault's pointer says where.
    """
    try:
        return msgspec.convert(value, body_type)
    except msgspec.ValidationError as error:
        raise InvalidRequestError("The request's body has a fault.", (locate_fault(str(error)),)) from None


def locate_fault(message: str) -> Fault:
    """Read where and what from the message of a msgspec.ValidationError."""
    found = _PLACE.match(message)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    steps = [name or place for name, place in _STEP.findall(path)]
    if field := _FIELD.match(what):
        steps.append(field["name"])
        what = "is required" if what.startswith("Object missing") else "is not a field of this request"
    pointer = "".join(f"/{escape_pointer(step)}" for step in steps)
    return Fault(pointer=pointer[:LONGEST_TEXT], message=what[:LONGEST_TEXT])


def escape_pointer(name: str) -> str:
    """Write a name as one step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
