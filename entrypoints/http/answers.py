"""What the routes answer, as types: the one source of the JSON and of its description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType
from quart import Response

from domain.run.model import OutputFormat, PinnedPrompt, RunStatus, Stage
from domain.run.price import Price
from domain.webhook.delivery import DeliveryStatus


class ProblemFault(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with what was sent, and where (RFC 6901)."""

    pointer: str
    detail: str
    line: int | None = None


class Problem(Struct, frozen=True):
    """A failure (RFC 9457); `code` identifies it and never changes, `detail` is for people.

    A run that ended without an output while somebody waited for it adds `run_id`, `draft` and `metadata`, and one that
    failed `stage` and `retryable`. Under the id in `incident` the service's log has more of a fault of its own.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemFault] | UnsetType = UNSET
    run_id: str | UnsetType = UNSET
    stage: Stage | UnsetType = UNSET
    retryable: bool | UnsetType = UNSET
    draft: str | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    incident: str | UnsetType = UNSET


class RunAccepted(Struct, frozen=True):
    """A run that goes on without this request; its Location says where to look."""

    run_id: str
    status: RunStatus


class RunComplete(Struct, frozen=True):
    """The data of the terminal event `complete`: success is false when checks still fail or a limit was met."""

    run_id: str
    seq: int
    time: datetime
    type: Literal["complete"]
    success: bool
    output: str
    metadata: dict[str, Any]


class RunSummary(Struct, frozen=True):
    """A run in a list; `excerpt` is the beginning of its first text input, at most 120 code points."""

    run_id: str
    owner: str
    status: RunStatus
    success: bool | None
    prompt: PinnedPrompt
    model: str
    output_format: OutputFormat
    tags: list[str]
    excerpt: str
    created_at: str
    finished_at: str | None
    models: list[str] | UnsetType = UNSET


class RunList(Struct, frozen=True):
    """One page of runs, newest first; `next` goes into `?after=`, null on the last page."""

    runs: list[RunSummary]
    next: str | None


class AttemptRecord(Struct, frozen=True):
    """One try at a valid text; `findings` is null until it was judged, `text` null where it was ended early.

    `raw` is what the model wrote of a text that was ended early.
    """

    attempt: int
    text: str | None
    truncated: bool
    passed: bool
    findings: list[dict[str, Any]] | None
    raw: str


class DeliveryRecord(Struct, frozen=True):
    """How far the delivery to a run's webhook is; `failure` says why the last try that failed did."""

    status: DeliveryStatus
    tries: int
    failure: str | None


class RunRecord(Struct, frozen=True):
    """Everything that a run's log folds to, up to the cursor that it names.

    `rerun_of` is {run_id, stage, edited}: from which run it was made, and the stage from which it went its own way.
    `delivery` is null where the request names no webhook; the webhook's path is shown to the run's owner only.
    """

    run_id: str
    owner: str
    status: RunStatus
    success: bool | None
    cancel_requested: bool
    request: dict[str, Any]
    prompt: PinnedPrompt
    model: str
    output_format: OutputFormat
    checks: list[dict[str, Any]]
    limits: dict[str, float]
    stage: str | None
    progress: int
    message: str
    attempts: list[AttemptRecord]
    draft: str | None
    partial: str | None
    output: str | None
    error: dict[str, Any] | None
    usage: dict[str, Any]
    metadata: dict[str, Any] | None
    cursor: str
    created_at: str
    finished_at: str | None
    rerun_of: dict[str, Any] | None
    delivery: DeliveryRecord | None
    models: list[str] | UnsetType = UNSET


class PromptSummary(Struct, frozen=True):
    """A prompt set's version in a list."""

    name: str
    version: int
    hash: str
    title: str
    description: str
    labels: list[str]
    published_at: str


class PromptList(Struct, frozen=True):
    """The newest version of every prompt set, by name."""

    prompts: list[PromptSummary]


class PromptDescription(Struct, frozen=True):
    """A prompt set's version: `inputs` is the JSON Schema to make a form from, `main_input` takes plain text.

    `source`, with its templates, is shown to editors only.
    """

    name: str
    version: int
    hash: str
    title: str
    description: str
    labels: list[str]
    published_at: str
    author: str
    inputs: dict[str, Any]
    output_format: OutputFormat
    output_schema: dict[str, Any] | None
    checks: list[dict[str, Any]]
    limits: dict[str, float]
    model: str | tuple[str, ...] | None
    samples: list[dict[str, Any]]
    main_input: str | None
    source: str | None


class ModelDescription(Struct, frozen=True):
    """A model that a run may name; one whose `price` nobody knows is refused."""

    id: str
    title: str
    is_default: bool
    price: Price | None


class ModelList(Struct, frozen=True):
    """The models on offer."""

    models: list[ModelDescription]


class Health(Struct, frozen=True):
    """How the process is: `ok`, or why it takes no work."""

    status: str


def answer(body: Struct, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with a body as JSON."""
    return answer_bytes(msgspec.json.encode(body), status, headers)


def answer_bytes(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON as it is."""
    return Response(body, status=status, headers=headers, content_type="application/json")
