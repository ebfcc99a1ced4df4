"""A prompt set as a document: read, validated as a whole, and kept as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from domain.completion import ModelOptions
from domain.content.judgement import Judge
from domain.content.prompt import PromptSet, PromptTemplate
from domain.content.prompt_set_fault import FIELDS, close_inputs, find_prompt_set_faults
from domain.content.schema_extent import follow
from domain.errors import PromptSetError


def read_prompt_set(document: Mapping[str, Any]) -> PromptSet:
    """Read what an author wrote; a JSON schema of the output becomes a check.

    Raises:
        PromptSetError: It has faults; all of them are told, with JSON pointers into the document.
    """
    faults = find_prompt_set_faults(document)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise PromptSetError(f"The prompt set has {count}.", faults)
    return PromptSet(
        name=document["name"],
        title=document["title"],
        description=document.get("description", ""),
        inputs=close_inputs(document["inputs"]),
        output_format=document["output_format"],
        prompts={role: PromptTemplate(**templates) for role, templates in document["prompts"].items()},
        checks=_gather_checks(document),
        limits=document.get("limits", {}),
        output_schema=document.get("output_schema"),
        model=_read_model(document.get("model")),
        model_options=ModelOptions(**document.get("model_options", {})),
        judge=_read_judge(document.get("judge")),
        samples=tuple(document.get("samples", ())),
        main_input=document.get("main_input", _find_main_input(document["inputs"])),
        remote_hosts=frozenset(document.get("html", {}).get("remote", ())),
    )


def encode_prompt_set(document: Mapping[str, Any]) -> bytes:
    """Make the JSON that stands for a document: its fields in one order, without what is left out.

    Within a field the author's order stays: it is the order of a form's fields and of the keys of JSON output.
    """
    return msgspec.json.encode({name: document[name] for name in FIELDS if name in document})


@lru_cache(maxsize=512)
def parse_prompt_set(content: bytes) -> PromptSet:
    """Read what `encode_prompt_set` made; equal content gives the same object.

    Raises:
        PromptSetError: It has faults by the rules of this version.
    """
    return read_prompt_set(msgspec.json.decode(content))


def hash_content(content: bytes) -> str:
    """Return the SHA-256 of a set's content, in hex: its version's identity."""
    return hashlib.sha256(content).hexdigest()


def _read_judge(judge: Mapping[str, Any] | None) -> Judge | None:
    if judge is None:
        return None
    sample = judge.get("sample", "always")
    return Judge(
        rubric=judge["rubric"], threshold=judge.get("threshold", 4), sample=1.0 if sample == "always" else sample
    )


def _read_model(value: str | list[str] | None) -> str | tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) else value


def _gather_checks(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    schema = document.get("output_schema")
    own = ({"check": "json_schema", "schema": schema},) if schema is not None else ()
    return (*own, *document.get("checks", ()))


def _find_main_input(inputs: Mapping[str, Any]) -> str | None:
    """Return the first required text, else the first text."""
    texts = [name for name, schema in inputs["properties"].items() if follow(inputs, schema).get("type") == "string"]
    required = [name for name in texts if name in inputs.get("required", ())]
    return next(iter(required + texts), None)
