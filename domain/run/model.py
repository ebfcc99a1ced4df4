"""What a run is: its request, what was admitted of it, its record in a store and its place in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from attrs import field, frozen

from domain.run.limits import Limits
from domain.run.rerun import RerunOf

OutputFormat = Literal["markdown", "html", "json", "text"]
OnDisconnect = Literal["continue", "cancel"]


class Stage(StrEnum):
    """A named step of the pipeline."""

    LOAD_PROMPTS = "load_prompts"
    GENERATOR = "generator"
    FORMATTER = "formatter"
    VALIDATOR = "validator"
    RETRY = "retry"
    DONE = "done"
    FAIL = "fail"


class RunStatus(StrEnum):
    """Queued, running, or the name of the terminal event that the run ended with."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing can follow."""
        return self in TERMINAL_STATUSES


LIVE_STATUSES = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})
TERMINAL_STATUSES = frozenset(RunStatus) - LIVE_STATUSES


@frozen(kw_only=True)
class LiveRuns:
    """How many runs of a store wait for a worker, and how many a worker has."""

    queued: int
    running: int


@frozen(kw_only=True)
class PinnedPrompt:
    """Which version of which prompt set a run uses; `hash` is the SHA-256 of its content in hex."""

    name: str
    version: int
    hash: str


@frozen(kw_only=True)
class RunRequest:
    """What somebody asked for, as posted.

    `prompt` is "name", "name@3" or "name@label"; `checks` are added to the prompt set's, each in the form it has there.
    Of several models the first is asked first. `limits` holds only the bounds that were named. `run_id` is a UUID that
    the client made. `webhook` is the URL that is told of the run's end; it may be a secret of the run's owner.
    """

    prompt: str
    inputs: Mapping[str, Any] = field(factory=dict)
    model: str | tuple[str, ...] | None = None
    output_format: OutputFormat | None = None
    checks: tuple[Mapping[str, Any], ...] = ()
    limits: Mapping[str, float] = field(factory=dict)
    on_disconnect: OnDisconnect = "continue"
    run_id: str | None = None
    tags: tuple[str, ...] = ()
    webhook: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class RunSpec:
    """What was admitted: everything about a run that never changes again.

    `checks` are the prompt set's and the request's, in that order; `limits` are within the operator's caps.
    `trace_id` is the W3C trace id that the request came with, else made from the run id. `fallbacks` are asked in their
    order where `model` can't be had. `rerun_of` is set where the run was made from another one.
    """

    request: RunRequest
    prompt: PinnedPrompt
    model: str
    output_format: OutputFormat
    checks: tuple[Mapping[str, Any], ...]
    limits: Limits
    trace_id: str = ""
    fallbacks: tuple[str, ...] = ()
    rerun_of: RerunOf | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The model that is asked first, then the others."""
        return (self.model, *self.fallbacks)


@frozen(kw_only=True)
class Record:
    """An event in a run's log: `data` is its final JSON, which holds run id, seq and time as well.

    `seq` counts 1, 2, 3 ... without holes, across epochs; `epoch` is 0 for the record made at creation.
    """

    run_id: str
    epoch: int
    seq: int
    time: datetime
    type: str
    data: bytes


@frozen(kw_only=True)
class NewRun:
    """A run about to be created; `record` is its event `run` with seq 1 and epoch 0.

    `content` is the pinned prompt set as canonical JSON, kept once per hash. `key` is the idempotency key, unique per
    owner; `fingerprint` is the hash of the request's body, which a second use of the key must match.
    `search` is the text by which the run can be found.
    """

    id: str
    owner: str
    spec: RunSpec
    content: bytes
    record: Record
    key: str | None = None
    fingerprint: str = ""
    search: str = ""


@frozen(kw_only=True)
class StoredRun:
    """A run as its store keeps it; `success` is None until it is complete, `tail` is the newest seq."""

    id: str
    owner: str
    spec: RunSpec
    status: RunStatus
    success: bool | None
    cancel_requested: bool
    epoch: int
    tail: int
    created_at: datetime
    finished_at: datetime | None = None


@frozen(kw_only=True)
class Finish:
    """How a run ends, set in the same append as its terminal event."""

    status: RunStatus
    success: bool | None = None


@frozen(kw_only=True)
class Lease:
    """A worker's claim on a run. `is_takeover` says that the last lease ran out instead of being released.

    `age_seconds` is the run's by the clock of a store that many processes share, for who can't trust its own; None
    where one process has the store.
    """

    run_id: str
    epoch: int
    worker: str
    is_takeover: bool = False
    age_seconds: float | None = field(default=None, eq=False)


@frozen(kw_only=True)
class Renewal:
    """What a worker learns when it renews: is a cancel asked for, and for how many seconds did nobody follow."""

    cancel_requested: bool
    unfollowed_seconds: float


@frozen(kw_only=True)
class Tail:
    """The end of a log: the newest record's seq and its epoch."""

    epoch: int
    seq: int
    status: RunStatus


@frozen(kw_only=True)
class RunQuery:
    """Which runs to list, newest first; `owner` None means everybody's. `after` is the `next` of the page before."""

    owner: str | None = None
    statuses: frozenset[RunStatus] = frozenset()
    prompt: str | None = None
    text: str | None = None
    after: str | None = None
    limit: int = 50


@frozen(kw_only=True)
class RunPage:
    """One page of runs; `next` is an opaque cursor, None on the last page."""

    runs: tuple[StoredRun, ...]
    next: str | None
