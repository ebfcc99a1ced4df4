"""Samples of JSON: a value that follows a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.providers.sample.material import Material
from adapters.providers.sample.sentences import OPENING, QUESTIONS, SENTENCES
from domain.content.schema import find_value_faults
from domain.content.schema_extent import follow

_FEW = 4
_MANY = 1_000
_LONG = 10_000
"""Values and characters: a schema that asks for more gets less, for its text would fill the memory."""
_FORMATS: Mapping[str, str] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "sample@example.org",
    "uri": "https://example.org/sample",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class SampleValue:
    """Makes values for one schema; each text that it writes goes on where the one before it stopped."""

    def __init__(self, schema: Mapping[str, Any], material: Material) -> None:
        self._root = schema
        self._material = material
        self._texts = 0
        self._values = 0

    def make(self) -> Any:
        """Return a value; where a schema has rules that can't be followed by trying, it may not satisfy all of them."""
        return self._make(self._root)

    def _make(self, schema: Any) -> Any:
        self._values += 1
        expected = follow(self._root, schema)
        for key in ("const", "default"):
            if key in expected:
                return expected[key]
        if "enum" in expected:
            return expected["enum"][0]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in expected:
                beside = {name: rule for name, rule in expected.items() if name != key}
                return self._make({**follow(self._root, expected[key][0]), **beside})
        return self._make_typed(_find_type(expected), expected)

    def _make_typed(self, kind: str, expected: Mapping[str, Any]) -> Any:
        match kind:
            case "object":
                return {name: self._make(schema) for name, schema in expected.get("properties", {}).items()}
            case "array":
                count = max(expected.get("minItems", 0), min(_FEW, expected.get("maxItems", _FEW)))
                return list(self._iterate_items(count, expected.get("items", {"type": "string"})))
            case "integer" | "number":
                return _make_number(expected)
            case "boolean":
                return True
            case "null":
                return None
        self._texts += 1
        return self._make_text(expected)

    def _iterate_items(self, count: int, schema: Any) -> Iterator[Any]:
        for _ in range(count):
            if self._values >= _MANY:
                return
            yield self._make(schema)

    def _make_text(self, expected: Mapping[str, Any]) -> str:
        candidates = [_fit(text, expected) for text in self._iterate_texts(expected)]
        fitting = (text for text in candidates if not find_value_faults(_standalone(expected), text, ""))
        return next(fitting, candidates[0])

    def _iterate_texts(self, expected: Mapping[str, Any]) -> Iterator[str]:
        if expected.get("format") in _FORMATS:
            yield _FORMATS[expected["format"]]
        subject, turn = self._material.subject, self._texts
        if turn == 1:
            yield f"Sample: {subject}"
            yield OPENING.format(subject=subject)
        yield " ".join(SENTENCES[(turn // 2 * 3 + number) % len(SENTENCES)] for number in range(3))
        yield QUESTIONS[turn // 2 % len(QUESTIONS)]
        yield from map(str, expected.get("examples", ()))
        yield from ("sample", f"sample-{turn}", str(turn), "A1")


def _standalone(expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return what concerns a text alone, so that it can be judged without the schema that it comes from."""
    rules = ("pattern", "minLength", "maxLength", "format")
    return {"type": "string"} | {rule: expected[rule] for rule in rules if rule in expected}


def _find_type(expected: Mapping[str, Any]) -> str:
    found = expected.get("type", "object" if "properties" in expected else "string")
    return str(found[0] if isinstance(found, list) else found)


def _fit(text: str, expected: Mapping[str, Any]) -> str:
    """Repeat a text until it is long enough, then cut it at a word."""
    least, most = min(expected.get("minLength", 0), _LONG), expected.get("maxLength", _LONG)
    while len(text) < least:
        text = f"{text} {text}"
    return text if len(text) <= most else text[: most + 1].rpartition(" ")[0] or text[:most]


def _make_number(expected: Mapping[str, Any]) -> float:
    above = expected.get("exclusiveMinimum")
    least: float = expected.get("minimum", 0 if above is None else above + 1)
    step: float = expected.get("multipleOf", 1)
    most: float = expected.get("maximum", least + step)
    return min(-(-least // step) * step, most)
