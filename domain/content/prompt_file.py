"""A prompt set file: what its author wrote, read and validated, with every fault in its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

import re2
from attrs import evolve, frozen

from domain.content.prompt import PromptSet
from domain.content.prompt_set import encode_prompt_set, read_prompt_set
from domain.content.yaml_text import NotYamlError, YamlDocument, read_yaml
from domain.errors import Fault, PromptSetError

_IN_TEMPLATE = re2.compile(r"\(line ([0-9]+) of the template\)$")
SOURCE_LIMIT = 256 * 1024
"""Bytes of a file."""


@frozen(kw_only=True)
class PromptFile:
    """A prompt set as YAML and as what it says; `path` is the file's name, None where it came from no file.

    `content` is what `encode_prompt_set` made of it: the identity of its version.
    """

    prompt_set: PromptSet
    content: bytes
    source: str
    path: str | None = None

    @property
    def name(self) -> str:
        """The set's name."""
        return self.prompt_set.name


@frozen(kw_only=True)
class FileFaults:
    """Why a prompt set file can't be used; `path` is its name without the folder."""

    path: str
    faults: tuple[Fault, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Every fault as editors and terminals know it: "faq.yaml:14: /checks/0/mn is not an option of words"."""
        return tuple(_describe(self.path, fault) for fault in self.faults)


def read_prompt_file(data: bytes, path: str | None = None) -> PromptFile:
    """Read a prompt set from UTF-8 YAML, of which JSON is a part; where it has a path the set is named like the file.

    Raises:
        PromptSetError: It has faults; those that have a place in the text have a line.
    """
    source = _decode(data)
    document = _read_document(source)
    try:
        prompt_set = read_prompt_set(document.value)
    except PromptSetError as error:
        faults = [evolve(fault, line=_find_line(document, fault)) for fault in error.faults]
        raise _fail(*sorted(faults, key=lambda fault: fault.line or 0)) from None
    if path is not None and prompt_set.name != PurePath(path).stem:
        message = f"is {prompt_set.name}, but the file is named {path}; give both the same name"
        raise _fail(Fault(pointer="/name", message=message, line=document.find_line("/name")))
    return PromptFile(prompt_set=prompt_set, content=encode_prompt_set(document.value), source=source, path=path)


def _decode(data: bytes) -> str:
    if len(data) > SOURCE_LIMIT:
        message = f"is larger than {SOURCE_LIMIT // 1024} kB, which is all that a prompt set may have"
        raise _fail(Fault(pointer="", message=message))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _fail(Fault(pointer="", message="is not UTF-8 here; save the file as UTF-8", line=line)) from None


def _read_document(source: str) -> YamlDocument:
    try:
        document = read_yaml(source)
    except NotYamlError as error:
        raise _fail(*error.faults) from None
    if document.value is None:
        message = "is empty; a prompt set has a name, a title, inputs, an output_format and prompts"
        raise _fail(Fault(pointer="", message=message, line=1))
    if not isinstance(document.value, Mapping):
        message = "must hold fields like name: and title:, each at the start of a line"
        raise _fail(Fault(pointer="", message=message, line=1))
    return document


def _find_line(document: YamlDocument, fault: Fault) -> int:
    """Return the line of a fault; one in a template that keeps its lines has the line in it."""
    inside = _IN_TEMPLATE.search(fault.message)
    if inside is None or fault.pointer not in document.texts:
        return document.find_line(fault.pointer)
    return document.texts[fault.pointer] + int(inside.group(1)) - 1


def _fail(*faults: Fault) -> PromptSetError:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return PromptSetError(f"The prompt set has {count}.", faults)


def _describe(path: str, fault: Fault) -> str:
    place = path if fault.line is None else f"{path}:{fault.line}"
    return f"{place}: {fault.pointer} {fault.message}" if fault.pointer else f"{place}: {fault.message}"
