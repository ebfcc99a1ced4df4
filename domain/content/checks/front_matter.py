"""The check `front_matter`: the YAML with which a text begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.option import OptionError
from domain.content.finding import MOST_FINDINGS, QUOTE_LENGTH, Finding, Place, place_at
from domain.content.front_matter import LONGEST, split_front_matter
from domain.content.schema import find_schema_faults, find_value_faults
from domain.content.text import to_well_formed
from domain.content.yaml_text import NotYamlError, YamlDocument, read_yaml


@frozen(kw_only=True)
class FrontMatterCheck:
    """The text begins with front matter that has a value for each name of `required`, and follows `schema`.

    Dates are texts, as in "2026-01-31"; `schema` is a JSON Schema (2020-12, local references only) of an object.
    """

    kind: ClassVar[str] = "front_matter"
    options: ClassVar[Mapping[str, Any]] = {
        "properties": {
            "required": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 50},
            "schema": {"type": "object"},
        }
    }

    required: tuple[str, ...] = field(default=(), converter=tuple)
    schema: Mapping[str, Any] = field(factory=dict)
    on: JudgedText = "output"

    def __attrs_post_init__(self) -> None:
        faults = find_schema_faults(self.schema, "/schema")
        if faults:
            raise OptionError(faults[0].pointer, faults[0].message)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Read the front matter, and tell its first 20 faults by their lines."""
        front = split_front_matter(text)
        if front is None:
            message = "does not begin with front matter: write a line ---, the values as YAML, and a line --- first."
            return (Finding(check=self.kind, message=message, where=place_at(text, 0, 0)),)
        if len(front.yaml) > LONGEST:
            message = f"has front matter of {len(front.yaml):,} characters: cut it to at most {LONGEST:,}."
            return (Finding(check=self.kind, message=message, where=place_at(text, 0, 3)),)
        try:
            document = read_yaml(front.yaml)
        except NotYamlError as error:
            return tuple(
                self._find(text, f"has front matter that {fault.message}.", (fault.line or 1) + 1)
                for fault in error.faults
            )
        return tuple(islice(self._judge_values(text, document), MOST_FINDINGS))

    def _judge_values(self, text: str, document: YamlDocument) -> Iterator[Finding]:
        value = document.value if document.value is not None else {}
        if not isinstance(value, dict):
            yield self._find(text, "has front matter that is no names and values: write one name: value a line.", 2)
            return
        for name in self.required:
            if value.get(name) in (None, ""):
                yield self._find(text, f'has front matter without "{name}": add {name}: and its value.', 1)
        for fault in find_value_faults(self.schema, value, ""):
            name = fault.pointer.removeprefix("/") or "the whole"
            message = f"has front matter in which {name} {fault.message}."
            yield self._find(text, message, document.find_line(fault.pointer) + 1)

    def _find(self, text: str, message: str, line: int) -> Finding:
        quote = text[: LONGEST + 10].split("\n")[line - 1][:QUOTE_LENGTH]
        where = Place(line=line, column=1, quote=to_well_formed(quote))
        return Finding(check=self.kind, message=to_well_formed(message), where=where)
