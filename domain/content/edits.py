"""Edits: a list of places in a text with what is to stand there, applied all or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from domain.content.formats.unwrapping import unwrap
from domain.content.json_text import NotJsonError, read_json
from domain.content.schema import find_value_faults
from domain.content.text import clean_text

MOST_EDITS = 30
_TEXT = {"type": "string"}
EDITS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["edits"],
    "additionalProperties": False,
    "properties": {
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["find", "replace"],
                "additionalProperties": False,
                "properties": {"find": _TEXT, "replace": _TEXT},
            },
        }
    },
}
"""What a provider is told that the answer must be; it is of the kind that every one of them can hold a model to."""


@frozen(kw_only=True)
class Edit:
    """Words that a text has exactly once, and what is to stand in their place."""

    find: str
    replace: str


class EditsError(ValueError):
    """The edits can't be applied as they are; nothing was."""


def read_edits(answer: str) -> tuple[Edit, ...]:
    """Read {"edits": [{"find", "replace"}]}, where it is in a code fence too.

    Raises:
        EditsError: It is something else, or has no edits, or more than 30.
    """
    try:
        value = read_json(unwrap(answer.strip()))
    except NotJsonError as error:
        raise EditsError(f"The answer is not JSON: {error}.") from None
    if find_value_faults(EDITS_SCHEMA, value, ""):
        raise EditsError("The answer is not a list of edits.")
    edits = tuple(Edit(find=edit["find"], replace=edit["replace"]) for edit in value["edits"])
    if not 0 < len(edits) <= MOST_EDITS:
        raise EditsError(f"The answer has {len(edits)} edits; 1 to {MOST_EDITS} are taken.")
    return edits


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with every edit in its place; what is outside of them stays as it is, code point for code point.

    Raises:
        EditsError: One finds nothing, or more than one place; two overlap; or the text would stay the same, or become
            less than half or more than twice of what it is.
    """
    spans = sorted((*_find(text, edit), edit.replace) for edit in edits)
    if any(end > start for (_, end, _), (start, _, _) in pairwise(spans)):
        raise EditsError("Two edits are about the same words.")
    edited = "".join(_iterate_pieces(text, spans))
    if edited == text:
        raise EditsError("The edits change nothing.")
    if not len(text) <= 2 * len(edited) <= 4 * len(text):
        raise EditsError("The edits would make another text of it.")
    return edited


def _find(text: str, edit: Edit) -> tuple[int, int]:
    start = text.find(edit.find) if edit.find else -1
    if start < 0:
        raise EditsError("An edit is about words that the text does not have.")
    if text.find(edit.find, start + 1) >= 0:
        raise EditsError("An edit is about words that the text has more than once.")
    return start, start + len(edit.find)


def _iterate_pieces(text: str, spans: Sequence[tuple[int, int, str]]) -> Iterator[str]:
    position = 0
    for start, end, replacement in spans:
        yield text[position:start]
        yield clean_text(replacement)
        position = end
    yield text[position:]
