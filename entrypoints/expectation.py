"""Saying in words what a type accepts, for whoever gave something else."""

from __future__ import annotations

from pathlib import Path
from types import NoneType
from typing import Any, get_args

from msgspec import Meta

_WORDS = {int: "a whole number", float: "a number", str: "a text", Path: "a path"}


def describe_type(hint: Any) -> str:
    """Return, say, "a whole number from 0 to 65535" for a setting's type."""
    arguments = [argument for argument in get_args(hint) if argument is not NoneType]
    metas = [argument for argument in arguments if isinstance(argument, Meta)]
    if metas:
        return f"{_WORDS[arguments[0]]} {_describe_range(metas[0])}"
    if hint == frozenset[str]:
        return "names with commas between"
    if arguments and all(isinstance(argument, str) for argument in arguments):
        return " or ".join(repr(argument) for argument in arguments)
    return describe_type(arguments[0]) if arguments else _WORDS[hint]


def _describe_range(meta: Meta) -> str:
    least = f"above {meta.gt:g}" if meta.gt is not None else f"from {meta.ge:g}"
    return f"{least} to {meta.le:.16g}"
