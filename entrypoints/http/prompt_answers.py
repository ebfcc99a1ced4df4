"""Prompt sets as the API shows them: in a list, whole, version by version, and as drafts."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from domain.content.prompt import PromptSet, PromptVersion
from domain.content.prompt_set import parse_prompt_set
from domain.errors import Fault
from domain.run.codec import format_time
from domain.run.model import OutputFormat
from entrypoints.http.answers import PromptDescription, PromptSummary


class VersionSummary(Struct, frozen=True):
    """A version of a prompt set in the list of its versions."""

    name: str
    version: int
    hash: str
    title: str
    labels: list[str]
    published_at: str
    author: str


class VersionList(Struct, frozen=True):
    """One page of versions, the newest first; `next` goes into `?before=`, null on the last page."""

    versions: list[VersionSummary]
    next: int | None


class VersionChange(Struct, frozen=True):
    """One place in which two versions differ (RFC 6901); `before` is null where it was added, `after` where removed."""

    kind: Literal["added", "removed", "changed"]
    pointer: str
    before: Any
    after: Any


class VersionDiff(Struct, frozen=True, rename={"from_version": "from", "to_version": "to"}):
    """What is different in version `to` from version `from`, in the order of the newer one."""

    name: str
    from_version: int
    to_version: int
    changes: list[VersionChange]


class DraftFault(Struct, frozen=True):
    """One thing that is wrong with a draft: where in the document (RFC 6901) and in which line, from 1."""

    pointer: str
    line: int | None
    message: str


class PromptDraft(Struct, frozen=True):
    """What a draft says: as much of a prompt set as a form, and a reader of its checks, needs."""

    name: str
    title: str
    description: str
    inputs: dict[str, Any]
    output_format: OutputFormat
    output_schema: dict[str, Any] | None
    checks: list[dict[str, Any]]
    limits: dict[str, float]
    model: str | tuple[str, ...] | None
    samples: list[dict[str, Any]]
    main_input: str | None


class DraftVerdict(Struct, frozen=True):
    """What is wrong with a draft; `prompt` is null where something is."""

    faults: list[DraftFault]
    prompt: PromptDraft | None


class RenderedPrompt(Struct, frozen=True):
    """What the model would be told; `system` is the same for every run, `user` holds the inputs, fenced."""

    system: str
    user: str
    inputs: dict[str, Any]


def summarize(version: PromptVersion) -> PromptSummary:
    """Return a set as it stands in the list of sets."""
    prompt_set = parse_prompt_set(version.content)
    return PromptSummary(title=prompt_set.title, description=prompt_set.description, **_identify(version))


def summarize_version(version: PromptVersion) -> VersionSummary:
    """Return a version as it stands in the list of a set's versions."""
    return VersionSummary(title=parse_prompt_set(version.content).title, author=version.author, **_identify(version))


def describe(version: PromptVersion, *, has_source: bool) -> PromptDescription:
    """Return everything of a version; its YAML only for those who may change it."""
    return PromptDescription(
        author=version.author,
        source=version.source if has_source else None,
        **_identify(version),
        **_contents(parse_prompt_set(version.content)),
    )


def describe_draft(prompt_set: PromptSet) -> PromptDraft:
    """Return what a draft says."""
    return PromptDraft(name=prompt_set.name, **_contents(prompt_set))


def describe_fault(fault: Fault) -> DraftFault:
    """Return a fault of a draft."""
    return DraftFault(pointer=fault.pointer, line=fault.line, message=fault.message)


def _contents(prompt_set: PromptSet) -> dict[str, Any]:
    return {
        "title": prompt_set.title,
        "description": prompt_set.description,
        "inputs": dict(prompt_set.inputs),
        "output_format": prompt_set.output_format,
        "output_schema": None if prompt_set.output_schema is None else dict(prompt_set.output_schema),
        "checks": [dict(check) for check in prompt_set.checks],
        "limits": dict(prompt_set.limits),
        "model": prompt_set.model,
        "samples": [dict(sample) for sample in prompt_set.samples],
        "main_input": prompt_set.main_input,
    }


def _identify(version: PromptVersion) -> dict[str, Any]:
    pin = version.pin
    return {
        "name": pin.name,
        "version": pin.version,
        "hash": pin.hash,
        "labels": list(version.labels),
        "published_at": format_time(version.published_at),
    }
