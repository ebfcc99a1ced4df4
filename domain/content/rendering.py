"""What a model is told: the author's words as the system prompt, the inputs fenced in the user's turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from attrs import evolve

from domain.content.fence import FENCE_RULE
from domain.content.finding import Finding
from domain.content.prompt import PromptSet, PromptTemplate
from domain.content.schema import apply_defaults
from domain.content.template import render
from domain.run.model import OutputFormat

_ANSWER: Mapping[OutputFormat, str] = {
    "markdown": "Answer with the text alone, in Markdown: no introduction, no closing remark, no code fence around it.",
    "html": "Answer with the text alone, in Markdown without HTML tags, from which HTML is made afterwards: no "
    "introduction, no closing remark, no code fence around it.",
    "text": "Answer with the text alone, in plain text without markup: no introduction and no closing remark.",
    "json": "Answer with one JSON value alone: no introduction, no closing remark, no code fence around it.",
}
_FORMAT = (
    "You bring a text into its form: headings, paragraphs, lists, emphasis. Change nothing else: every word, number "
    "and name stays as it is, in its order."
)
_REPAIR = """\
This is the text as it stands:

{{ text }}

This is what is wrong with it:

{{ findings }}

Mend that. Change the parts that the findings are about and leave everything else as it is, word for word. Answer with \
the whole corrected text and nothing else.
"""


def render_generator(
    prompt_set: PromptSet, inputs: Mapping[str, Any], *, output_format: OutputFormat | None = None
) -> tuple[str, str]:
    """Return system prompt and user turn; the system prompt holds no value, so it is the same for every run of a set.

    `output_format` is the set's where it is None. Inputs that were not given have their defaults, else they are empty.

    Raises:
        TemplateError: The inputs are too large for the prompt.
    """
    template = prompt_set.prompts["generator"]
    return (
        _render_system(prompt_set, template, output_format or prompt_set.output_format),
        render(template.user or "", gather_values(prompt_set, inputs)).strip(),
    )


def render_repair(prompt_set: PromptSet, inputs: Mapping[str, Any], *, text: str, findings: tuple[Finding, ...]) -> str:
    """Return the user turn that asks for a text to be mended: what is wrong, where, and the whole text back.

    Raises:
        TemplateError: The text is too large for the prompt.
    """
    template = prompt_set.prompts.get("repair", PromptTemplate()).user or _REPAIR
    values = {**gather_values(prompt_set, inputs), "text": text, "findings": describe_findings(findings)}
    return render(template, values).strip()


def render_formatter(
    prompt_set: PromptSet, inputs: Mapping[str, Any], *, text: str, output_format: OutputFormat
) -> tuple[str, str]:
    """Return system prompt and user turn that ask for a draft in its form; the draft is data like every value.

    Raises:
        TemplateError: The text is too large for the prompt.
    """
    template = prompt_set.prompts["formatter"]
    values = {**gather_values(prompt_set, inputs), "text": text}
    return (
        _render_system(prompt_set, evolve(template, system=template.system or _FORMAT), output_format),
        render(template.user or "{{ text }}", values).strip(),
    )


def describe_findings(findings: tuple[Finding, ...]) -> str:
    """List findings for a reader, one a line, with their places."""
    return "\n".join(f"{number}. {_describe(finding)}" for number, finding in enumerate(findings, start=1))


def _describe(finding: Finding) -> str:
    where = finding.where
    if where is None:
        return f"The text {finding.message}"
    if where.pointer is not None:
        return f"The value at {where.pointer or 'the top'} {finding.message}"
    places = (("line", where.line), ("column", where.column), ("at", where.quote and " ".join(where.quote.split())))
    known = ", ".join(f"{name} {value}" for name, value in places if value)
    return f"The text {finding.message} ({known})"


def _render_system(prompt_set: PromptSet, template: PromptTemplate, output_format: OutputFormat) -> str:
    parts = [render(template.system or "", {}).strip(), FENCE_RULE, _ANSWER[output_format]]
    if output_format == "json" and prompt_set.output_schema is not None:
        schema = msgspec.json.format(msgspec.json.encode(prompt_set.output_schema), indent=2).decode()
        parts.append(f"It must follow this JSON Schema:\n{schema}")
    return "\n\n".join(part for part in parts if part)


def gather_values(prompt_set: PromptSet, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every input of a set: the one that was given, its default, or None."""
    given = apply_defaults(prompt_set.inputs, inputs)
    return {name: given.get(name) for name in prompt_set.inputs["properties"]}
