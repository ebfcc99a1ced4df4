"""What the checks of regular expressions have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.content.checks.option import OptionError
from domain.content.pattern import PatternError, compile_pattern

PATTERN_OPTIONS: Mapping[str, Any] = {
    "required": ["pattern", "advice"],
    "properties": {
        "pattern": {
            "type": "string",
            "minLength": 1,
            "maxLength": 1_000,
            "description": "give a regular expression in RE2's syntax",
        },
        "advice": {
            "type": "string",
            "pattern": r"\S",
            "maxLength": 300,
            "description": "say how the writer mends it, as a request",
        },
        "case_sensitive": {"type": "boolean"},
    },
}


def refuse_bad_pattern(pattern: str, *, case_sensitive: bool) -> None:
    """Refuse what can't run in linear time.

    Raises:
        OptionError: It is no pattern that can be used here.
    """
    try:
        compile_pattern(pattern, case_sensitive=case_sensitive)
    except PatternError as error:
        raise OptionError("/pattern", str(error)) from None
