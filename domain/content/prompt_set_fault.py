"""What can be wrong with a prompt set, all of it told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import re2

from domain.completion import Effort, Thinking
from domain.content.checks import make_check
from domain.content.json_value import find_json_faults, join_pointer
from domain.content.judgement import HIGHEST_SCORE, LOWEST_SCORE
from domain.content.schema import apply_defaults, find_schema_faults, find_value_faults
from domain.content.schema_extent import follow
from domain.content.spelling import suggest
from domain.content.template import find_template_faults
from domain.errors import Fault, InvalidRequestError
from domain.run.limits import find_limit_faults

_TEXT = {"type": "string", "pattern": r"\S"}
_TEMPLATES = {
    "type": "object",
    "properties": {"system": _TEXT, "user": _TEXT},
    "minProperties": 1,
    "additionalProperties": False,
}
_HOST = {
    "type": "string",
    "maxLength": 253,
    "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
    "examples": ["images.example.org"],
}
_DOCUMENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["name", "title", "inputs", "output_format", "prompts"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "maxLength": 64,
            "description": "Give it lower-case letters, digits and single hyphens",
            "examples": ["product-description"],
        },
        "title": {**_TEXT, "maxLength": 120, "description": "Say what it writes, in a few words"},
        "description": {"type": "string", "maxLength": 1000},
        "main_input": {"type": "string"},
        "inputs": {"type": "object", "description": "Give a JSON Schema of an object"},
        "output_format": {
            "enum": ["markdown", "html", "json", "text"],
            "description": "Choose markdown, html, json or text",
        },
        "output_schema": {"type": "object"},
        "html": {
            "type": "object",
            "properties": {"remote": {"type": "array", "maxItems": 20, "items": _HOST}},
            "additionalProperties": False,
        },
        "model": {
            **_TEXT,
            "type": ["string", "array"],
            "maxLength": 200,
            "items": {**_TEXT, "maxLength": 200},
            "minItems": 1,
            "maxItems": 5,
        },
        "model_options": {
            "type": "object",
            "properties": {
                "thinking": {"enum": list(get_args(Thinking))},
                "effort": {"enum": list(get_args(Effort))},
            },
            "additionalProperties": False,
        },
        "prompts": {
            "type": "object",
            "required": ["generator"],
            "properties": {
                "generator": {**_TEMPLATES, "required": ["user"]},
                "formatter": _TEMPLATES,
                "repair": {**_TEMPLATES, "properties": {"user": _TEXT}},
                "judge": _TEMPLATES,
            },
            "additionalProperties": False,
        },
        "checks": {"type": "array", "maxItems": 50},
        "judge": {
            "type": "object",
            "required": ["rubric"],
            "properties": {
                "rubric": {**_TEXT, "maxLength": 8000, "description": "Say what a text is judged by"},
                "threshold": {"type": "number", "minimum": LOWEST_SCORE, "maximum": HIGHEST_SCORE},
                "sample": {},
            },
            "additionalProperties": False,
        },
        "limits": {"type": "object"},
        "samples": {"type": "array", "maxItems": 20},
    },
}
FIELDS = tuple(_DOCUMENT["properties"])
_REPAIR_SLOTS = frozenset({"text", "findings"})
_SLOTS = {
    ("formatter", "user"): frozenset({"text"}),
    ("repair", "user"): _REPAIR_SLOTS,
    ("judge", "user"): frozenset({"text"}),
}
_NEEDS_TEXT = {"formatter": "which is what is formatted", "judge": "which is what is judged"}
_RESERVED = (
    _REPAIR_SLOTS
    | frozenset({"true", "false", "none", "True", "False", "None"})
    | frozenset({"and", "or", "not", "in", "is", "if", "else", "elif", "for"})
)
_IDENTIFIER = re2.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def close_inputs(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse inputs that the schema does not name, unless it says otherwise: a misspelt one would go unnoticed."""
    return {"additionalProperties": False, **inputs}


def find_prompt_set_faults(document: object) -> tuple[Fault, ...]:
    """Say everything that is wrong with a document; later rules look only at what the earlier ones found sound."""
    faults = find_json_faults(document)
    if faults:
        return faults
    faults = find_value_faults(_DOCUMENT, document, "")
    if not isinstance(document, Mapping):
        return faults
    broken = {fault.pointer.removeprefix("/") for fault in faults}
    sound = {name: value for name, value in document.items() if name in FIELDS and name not in broken}
    return (*faults, *_find_deeper(sound))


def _find_deeper(sound: Mapping[str, Any]) -> Iterator[Fault]:
    inputs = sound.get("inputs")
    if inputs is not None:
        faults = tuple(_find_input_faults(inputs))
        yield from faults
        if not faults:
            yield from _find_faults_with_inputs(sound, inputs)
    for index, check in enumerate(sound.get("checks", ())):
        yield from _find_check_faults(check, f"/checks/{index}")
    yield from find_limit_faults(sound.get("limits", {}))
    yield from _find_judge_faults(sound)
    yield from _find_output_schema_faults(sound)


def _find_input_faults(inputs: Mapping[str, Any]) -> Iterator[Fault]:
    faults = find_schema_faults(inputs, "/inputs")
    yield from faults
    if faults:
        return
    if inputs.get("type") != "object" or not isinstance(inputs.get("properties"), dict):
        yield Fault(pointer="/inputs", message="must have type: object and properties, one for each input")
        return
    for name in inputs["properties"]:
        pointer = join_pointer("/inputs/properties", name)
        if name in _RESERVED:
            yield Fault(pointer=pointer, message="has a name that means something in templates; choose another one")
        elif not _IDENTIFIER.fullmatch(name):
            yield Fault(pointer=pointer, message="must have a name of letters, digits and _ only, to be a slot")
    unknown = [name for name in inputs.get("required", ()) if name not in inputs["properties"]]
    for name in unknown:
        yield Fault(pointer="/inputs/required", message=f"names {name}, which is not in properties")
    for fault in find_value_faults({**inputs, "required": []}, apply_defaults(inputs, {}), ""):
        yield Fault(pointer=f"/inputs/properties{fault.pointer}/default", message=fault.message)


def _find_faults_with_inputs(sound: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[Fault]:
    names, closed = inputs["properties"], close_inputs(inputs)
    for role, part, source in _iterate_templates(sound.get("prompts", {})):
        # What the author wrote is the system prompt, the same for every run: no slots.
        slots = frozenset(names) if part == "user" else frozenset()
        slots |= _SLOTS.get((role, part), frozenset())
        yield from find_template_faults(source, slots=slots, pointer=f"/prompts/{role}/{part}")
    for index, sample in enumerate(sound.get("samples", ())):
        filled = apply_defaults(inputs, sample) if isinstance(sample, dict) else sample
        yield from find_value_faults(closed, filled, f"/samples/{index}")
    main = sound.get("main_input")
    if main is not None and follow(inputs, names.get(main)).get("type") != "string":
        yield Fault(pointer="/main_input", message=f"must name an input of type string{suggest(main, names)}")


def _iterate_templates(prompts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for role, templates in prompts.items():
        if isinstance(templates, dict):
            yield from ((role, part, source) for part, source in templates.items() if isinstance(source, str))


def _find_check_faults(check: Any, pointer: str) -> tuple[Fault, ...]:
    try:
        make_check(check, pointer=pointer)
    except InvalidRequestError as error:
        return error.faults
    return ()


def _find_judge_faults(sound: Mapping[str, Any]) -> Iterator[Fault]:
    sample = sound.get("judge", {}).get("sample", "always")
    is_share = isinstance(sample, int | float) and not isinstance(sample, bool) and 0 < sample <= 1
    if sample != "always" and not is_share:
        message = "must be always, or the share of runs that are judged: above 0 and at most 1"
        yield Fault(pointer="/judge/sample", message=message)
    prompts = sound.get("prompts", {})
    if "judge" in prompts and "judge" not in sound:
        yield Fault(pointer="/prompts/judge", message="is only for a set that has a judge: with a rubric")
    for role, part, source in _iterate_templates(prompts):
        if part == "user" and role in _NEEDS_TEXT and "text" not in source:
            message = f"must have the slot {{{{ text }}}}, {_NEEDS_TEXT[role]}"
            yield Fault(pointer=f"/prompts/{role}/user", message=message)


def _find_output_schema_faults(sound: Mapping[str, Any]) -> Iterator[Fault]:
    schema = sound.get("output_schema")
    if schema is None:
        return
    yield from find_schema_faults(schema, "/output_schema")
    if sound.get("output_format", "json") != "json":
        yield Fault(pointer="/output_schema", message="is only for output_format: json")
