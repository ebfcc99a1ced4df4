"""What a kind of check is, and what can be wrong with a third party's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import re2

from domain.content.check import Check
from domain.content.schema import find_schema_faults


class KindCheck(Check, Protocol):
    """A check of a kind; `options` is a JSON Schema of an object with one property for each of the class's fields."""

    kind: ClassVar[str]
    options: ClassVar[Mapping[str, Any]]


_NAME = re2.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED = frozenset({"check", "empty", "json", "judge", "truncated"})


def find_kind_fault(kind: Any, taken: Mapping[str, Any]) -> str | None:
    """Say why a class can't be used as a kind of check; None means that it can."""
    name, options = getattr(kind, "kind", None), getattr(kind, "options", None)
    if not isinstance(kind, type) or not callable(getattr(kind, "judge", None)):
        return "is no class with a method judge(text)"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "must have a class variable `kind`, a name of small letters, digits and _"
    if name in taken or name in _RESERVED:
        return f"has the kind {name}, which is taken; give it a name that begins with your own"
    if not isinstance(options, Mapping) or not isinstance(options.get("properties", {}), Mapping):
        return 'must have a class variable `options`, a JSON Schema such as {"properties": {}}'
    faults = find_schema_faults({"type": "object", **options}, "")
    return f"has options that are no JSON Schema: {faults[0].pointer} {faults[0].message}" if faults else None
