"""A prompt set: templates, input schema, output format, checks and limits under one name and version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from domain.completion import ModelOptions
from domain.content.judgement import Judge
from domain.run.model import OutputFormat, PinnedPrompt


@frozen(kw_only=True)
class PromptTemplate:
    """One prompt: `system` is what the set's author says and renders without values, `user` may hold slots."""

    system: str | None = None
    user: str | None = None


@frozen(kw_only=True)
class PromptSet:
    """A prompt set as its author wrote it and as every run of it reads it.

    `inputs` is a JSON Schema of an object; `prompts` are keyed by generator, formatter, repair and judge;
    `checks` are {check: kind, ...options}; `limits` hold only the bounds that the set names; `output_schema` is the
    JSON Schema of the output of a JSON set, which `checks` hold too; `samples` are inputs to try it with; `main_input`
    is the input that plain text fills; `remote_hosts` are those from which HTML output may show images.
    """

    name: str
    title: str
    description: str
    inputs: Mapping[str, Any]
    output_format: OutputFormat
    prompts: Mapping[str, PromptTemplate]
    checks: tuple[Mapping[str, Any], ...] = ()
    limits: Mapping[str, float] = field(factory=dict)
    output_schema: Mapping[str, Any] | None = None
    model: str | tuple[str, ...] | None = None
    model_options: ModelOptions = field(factory=ModelOptions)
    judge: Judge | None = None
    samples: tuple[Mapping[str, Any], ...] = ()
    main_input: str | None = None
    remote_hosts: frozenset[str] = frozenset()


@frozen(kw_only=True)
class PromptVersion:
    """A published version of a prompt set: it never changes.

    `content` is the set as canonical JSON, of which `pin.hash` is the SHA-256; `source` is the YAML as written.
    """

    pin: PinnedPrompt
    content: bytes
    source: str
    published_at: datetime
    author: str
    labels: tuple[str, ...] = ()
