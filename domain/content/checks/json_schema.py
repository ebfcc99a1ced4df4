"""The check `json_schema`: a text is JSON that follows a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from domain.content.check import JudgedText
from domain.content.checks.option import OptionError
from domain.content.finding import Finding, Place
from domain.content.json_text import NotJsonError, find_json_fault, read_json
from domain.content.schema import find_schema_faults, find_value_faults


@frozen(kw_only=True)
class JsonSchemaCheck:
    """The text is JSON (RFC 8259) and follows `schema` (JSON Schema 2020-12, local references only)."""

    kind: ClassVar[str] = "json_schema"
    options: ClassVar[Mapping[str, Any]] = {"required": ["schema"], "properties": {"schema": {"type": "object"}}}

    schema: Mapping[str, Any] = field()
    on: JudgedText = "output"

    @schema.validator
    def _refuse_faults(self, _: object, schema: Mapping[str, Any]) -> None:
        faults = find_schema_faults(schema, "/schema")
        if faults:
            raise OptionError(faults[0].pointer, faults[0].message)

    def judge(self, text: str) -> tuple[Finding, ...]:
        """Read the text and name every value that does not follow the schema by its JSON pointer."""
        try:
            value = read_json(text)
        except NotJsonError:
            fault = find_json_fault(text)
            return (fault,) if fault else ()
        return tuple(
            Finding(check=self.kind, message=f"{fault.message}.", where=Place(pointer=fault.pointer))
            for fault in find_value_faults(self.schema, value, "")
        )
