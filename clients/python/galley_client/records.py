"""What the server keeps of runs, prompt sets, models and people, as its routes answer it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from galley_client.events import Finding, PinnedPrompt, PriceOrigin

RunStatus = Literal["queued", "running", "complete", "error", "cancelled"]


class RunSummary(Struct, frozen=True, kw_only=True):
    """A run in a list; `excerpt` is the beginning of its first text input."""

    run_id: str
    owner: str
    status: str
    success: bool | None
    prompt: PinnedPrompt
    model: str
    output_format: str
    tags: tuple[str, ...]
    excerpt: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
    models: tuple[str, ...] | None = None


class RunPage(Struct, frozen=True, kw_only=True):
    """Some runs, the newest first; `next` is None on the last page."""

    runs: tuple[RunSummary, ...]
    next: str | None


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """One try at a valid text; `findings` is None until it was judged."""

    attempt: int
    text: str | None
    truncated: bool
    passed: bool
    findings: tuple[Finding, ...] | None
    raw: str


class DeliveryRecord(Struct, frozen=True, kw_only=True):
    """How far the delivery to a run's webhook is; `failure` says why the last try that failed did."""

    status: Literal["pending", "delivered", "given_up"]
    tries: int
    failure: str | None


class RunRecord(Struct, frozen=True, kw_only=True):
    """Everything that a run's log folds to, up to the event whose id is `cursor`."""

    run_id: str
    owner: str
    status: str
    success: bool | None
    cancel_requested: bool
    request: Mapping[str, Any]
    prompt: PinnedPrompt
    model: str
    output_format: str
    checks: tuple[Mapping[str, Any], ...]
    limits: Mapping[str, float]
    stage: str | None
    progress: int
    message: str
    attempts: tuple[AttemptRecord, ...]
    draft: str | None
    partial: str | None
    output: str | None
    error: Mapping[str, Any] | None
    usage: Mapping[str, Any]
    metadata: Mapping[str, Any] | None
    cursor: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
    rerun_of: Mapping[str, Any] | None
    models: tuple[str, ...] | None = None
    delivery: DeliveryRecord | None = None


class RunTicket(Struct, frozen=True, kw_only=True):
    """Opens one run's events without a token, for `expires_in` seconds."""

    ticket: str
    expires_in: int


class PromptSummary(Struct, frozen=True, kw_only=True):
    """A prompt set's version in a list."""

    name: str
    version: int
    hash: str
    title: str
    description: str
    labels: tuple[str, ...]
    published_at: dt.datetime


class PromptDescription(Struct, frozen=True, kw_only=True):
    """A prompt set's version: `inputs` is a JSON Schema, `main_input` takes plain text, `source` is for editors."""

    name: str
    version: int
    hash: str
    title: str
    description: str
    labels: tuple[str, ...]
    published_at: dt.datetime
    author: str
    inputs: Mapping[str, Any]
    output_format: str
    output_schema: Mapping[str, Any] | None
    checks: tuple[Mapping[str, Any], ...]
    limits: Mapping[str, float]
    model: str | tuple[str, ...] | None
    samples: tuple[Mapping[str, Any], ...]
    main_input: str | None
    source: str | None


class Rates(Struct, frozen=True, kw_only=True):
    """US dollars for a million tokens."""

    input: float
    output: float
    cache_read: float
    cache_write: float


class Price(Struct, frozen=True, kw_only=True):
    """What a model costs; `long` is for calls of more than `long_from` tokens of input."""

    rates: Rates
    origin: PriceOrigin
    long_from: int | None = None
    long: Rates | None = None


class Model(Struct, frozen=True, kw_only=True):
    """A model that a run may name."""

    id: str
    title: str
    is_default: bool
    price: Price | None


class Today(Struct, frozen=True, kw_only=True):
    """What somebody's runs used on this UTC day, and what they may use."""

    tokens: int
    cost_usd: float
    tokens_limit: int | None
    cost_usd_limit: float | None


class Me(Struct, frozen=True, kw_only=True):
    """Who is asking."""

    user_id: str
    name: str
    roles: tuple[str, ...]
    expires_at: dt.datetime
    today: Today
