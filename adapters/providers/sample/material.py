"""What the inputs of a run give a sample to write about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

_MARKUP = str.maketrans(dict.fromkeys("#*_`~|<>[]{}$\\", " "))
_MOST_POINTS = 4
_LONGEST = 70
_ENDS = ".,;:!?- "


@frozen(kw_only=True)
class Material:
    """The subject in a few words, points from a list, and names for which the prompt has rules of their own."""

    subject: str
    points: tuple[str, ...]
    names: tuple[str, ...]


def gather_material(inputs: Mapping[str, Any], instructions: str) -> Material:
    """Take the first text as the subject and lists of texts as points or names, shortened and without markup."""
    texts = [value for value in inputs.values() if isinstance(value, str) and _shorten(value)]
    lists = [_shorten_all(value) for value in inputs.values() if isinstance(value, list)]
    names = next((items for items in lists if items and all(f"{item}:" in instructions for item in items)), ())
    points = next((items for items in lists if items and items != names), ())
    return Material(
        subject=_shorten(texts[0]) if texts else "your inputs", points=points[:_MOST_POINTS], names=names[:_MOST_POINTS]
    )


def _shorten_all(values: list[Any]) -> tuple[str, ...]:
    return tuple(_iterate_short(values))


def _iterate_short(values: list[Any]) -> Iterator[str]:
    for value in values:
        short = _shorten(value) if isinstance(value, str) else ""
        if short:
            yield short


def _shorten(text: str) -> str:
    whole = " ".join(text[:1000].translate(_MARKUP).split())
    if len(whole) <= _LONGEST:
        return whole.rstrip(_ENDS)
    return whole[: _LONGEST + 1].rpartition(" ")[0].rstrip(_ENDS) + "…"
