"""YAML as text: one document read strictly, with the line of everything in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import re2
import yaml
from attrs import field, frozen

from domain.content.json_value import MAX_DEPTH, step_into
from domain.errors import Fault

MOST_VALUES = 10_000
"""What stands in a document, small and large; the slowest 256 kB within it take about a second to read."""

_MOST_FAULTS = 50
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Mapping[str, bool] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_WHOLE = re2.compile(r"[-+]?[0-9]{1,1000}")
_DECIMAL = re2.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@frozen(kw_only=True)
class YamlDocument:
    """A JSON value and its lines, which count from 1, by JSON pointer (RFC 6901).

    `texts` are the first lines of the texts that stand behind a |, where they keep their own lines.
    """

    value: Any
    lines: Mapping[str, int] = field(factory=dict)
    texts: Mapping[str, int] = field(factory=dict)

    def find_line(self, pointer: str) -> int:
        """Return the line of what a pointer leads to, else of the nearest thing around it."""
        while pointer not in self.lines and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


class NotYamlError(ValueError):
    """The text is no YAML that can be used here; each fault has its line."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


def read_yaml(text: str) -> YamlDocument:
    """Read one document as JSON values, by the core schema of YAML 1.2.2 (section 10.3).

    So `on` and `no` are texts, as a reader expects, where YAML 1.1 has booleans. Aliases, tags and names that stand
    twice are refused: the first can grow without bound, and the others are mistakes more often than not.

    Raises:
        NotYamlError: It is none, or it has more than 64 levels or 10,000 values.
    """
    reader = _Reader(text)
    try:
        value = reader.read()
    except yaml.reader.ReaderError as error:
        message = f"has a character that YAML does not allow (U+{error.character:04X}); remove it"
        line = text.count("\n", 0, error.position) + 1
        raise NotYamlError(Fault(pointer="", message=message, line=line)) from None
    except yaml.MarkedYAMLError as error:
        raise NotYamlError(_describe(error)) from None
    if reader.faults:
        raise NotYamlError(*reader.faults[:_MOST_FAULTS])
    return YamlDocument(value=value, lines=reader.lines, texts=reader.texts)


class _Reader:
    """One pass over the events of PyYAML's parser, which come as they are asked for: what is too deep ends it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.lines: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.faults: list[Fault] = []
        self._count = 0

    def read(self) -> Any:
        self._events: Iterator[yaml.Event] = yaml.parse(self._text, Loader=yaml.SafeLoader)
        documents = [self._read_document() for event in self._events if isinstance(event, yaml.DocumentStartEvent)]
        return documents[0] if documents else None

    def _read_document(self) -> Any:
        event = next(self._events)
        if self.lines:
            self._refuse(event, "", "begins a second document; a file holds one, so leave the line --- out")
        self.lines[""] = _line(event)
        return self._read_value(event, "", 0)

    def _read_value(self, event: yaml.Event, pointer: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            self._refuse(event, pointer, f"is nested deeper than {MAX_DEPTH} levels")
        self._count += 1
        if self._count > MOST_VALUES:
            self._refuse(event, "", f"holds more than {MOST_VALUES:,} values")
        match event:
            case yaml.AliasEvent():
                self._refuse(event, pointer, "refers to another place with *; write out what stands there")
            case yaml.ScalarEvent(tag=str()) | yaml.CollectionStartEvent(tag=str()):
                self._refuse(event, pointer, "has a tag, which begins with !; leave it out, or put the text in quotes")
            case yaml.SequenceStartEvent():
                return self._read_list(pointer, depth)
            case yaml.MappingStartEvent():
                return self._read_names(pointer, depth)
        assert isinstance(event, yaml.ScalarEvent)
        if event.style == "|":
            self.texts[pointer] = _line(event) + 1
        return _read_scalar(event)

    def _read_list(self, pointer: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            place = step_into(pointer, len(items))
            self.lines[place] = _line(event)
            items.append(self._read_value(event, place, depth + 1))
        return items

    def _read_names(self, pointer: str, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, pointer, "has a name that is no text; put a text that begins with { or [ in quotes")
            name, line = _join_halves(event.value), _line(event)
            place = step_into(pointer, name)
            if name in values:
                message = f"stands here for the second time, after line {self.lines[place]}; keep one of them"
                self.faults.append(Fault(pointer=place, message=message, line=line))
            self.lines[place] = line
            values[name] = self._read_value(next(self._events), place, depth + 1)
        return values

    def _refuse(self, event: yaml.Event, pointer: str, message: str) -> NoReturn:
        raise NotYamlError(Fault(pointer=pointer, message=message, line=_line(event)))


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.line + 1


def _read_scalar(event: yaml.ScalarEvent) -> Any:
    text = _join_halves(event.value)
    if event.style is not None:
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _join_halves(text: str) -> str:
    r"""Make one character of the two escapes with which JSON writes it ("\ud83d\ude00"), as RFC 8259 wants it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


_HINTS: Mapping[str, str] = {
    "mapping values are not allowed here": "a text with a colon and a space must stand in quotes",
    "found character '\\t' that cannot start any token": "it begins with a tab; indent with spaces",
    "could not find expected ':'": "a name must be followed by a colon and a space",
    "expected <block end>, but found '?'": "it does not stand below what it belongs to; check the indentation",
    "expected <block end>, but found '-'": "it does not stand below what it belongs to; check the indentation",
    "expected <block end>, but found '<scalar>'": "something follows the end of a quoted text; double the quotes in it",
    "found unexpected end of stream": "a text in quotes does not end",
}


def _describe(error: yaml.MarkedYAMLError) -> Fault:
    problem = str(error.problem)
    mark = error.problem_mark
    assert mark is not None
    message = f"is not valid YAML at column {mark.column + 1}: {_HINTS.get(problem, problem)}"
    return Fault(pointer="", message=message, line=mark.line + 1)
