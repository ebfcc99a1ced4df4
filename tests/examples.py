"""Sound values of our own types, for tests to vary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.content.finding import Finding, Place
from domain.run.codec import encode_event
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunQueued,
    SeqRange,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.limits import Limits
from domain.run.model import Lease, PinnedPrompt, Record, RunRequest, RunSpec, Stage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUN_ID = "0190a2b4-5c6d-4e7f-8a9b-0c1d2e3f4a5b"
PIN = PinnedPrompt(name="note", version=1, hash="0" * 64)
QUEUED = RunQueued(prompt=PIN, model="scripted")
GENERATING = Progressed(stage=Stage.GENERATOR, message="Generating content using scripted...", progress=30, attempt=1)
SHORT = Finding(
    check="words",
    message="The text has 2 words; write at least 80.",
    where=Place(line=1, column=1, quote="Tea time."),
)
METADATA = {"run_id": RUN_ID, "limit": None}
EVENTS: tuple[Event, ...] = (
    QUEUED,
    GENERATING,
    TextGrew(stage=Stage.GENERATOR, attempt=1, text='Té\u2028 a\n"b"', offset=0),
    DraftWritten(message="Initial draft generated", draft="Tea time."),
    TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea time.\n", format="markdown"),
    TextJudged(attempt=1, passed=False, findings=(SHORT,)),
    TokensUsed(stage=Stage.GENERATOR, attempt=1, model="scripted", input_tokens=12, output_tokens=3, cost_usd=0.0001),
    StageRestarted(stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=SeqRange(from_seq=3, to_seq=4)),
    RunCompleted(success=True, output="Tea time.\n", metadata=METADATA),
    RunFailed(
        code="provider_cut",
        message="The model's answer ended before it was whole.",
        retryable=True,
        stage=Stage.GENERATOR,
        draft="Tea",
        metadata=METADATA,
    ),
    RunCancelled(message="The run was cancelled.", draft="Tea", metadata=METADATA),
)
LEASE = Lease(run_id=RUN_ID, epoch=1, worker="worker-1")


def make_spec(**changes: Any) -> RunSpec:
    """Return the spec of a small run: one input, Markdown, no checks."""
    defaults: dict[str, Any] = {
        "request": RunRequest(prompt="note", inputs={"topic": "tea"}),
        "prompt": PIN,
        "model": "scripted",
        "output_format": "markdown",
        "checks": (),
        "limits": Limits(),
        "trace_id": "1" * 32,
    }
    return RunSpec(**(defaults | changes))


def make_records(events: Iterable[Event], *, epoch: int = 1, seconds_apart: float = 1.0) -> tuple[Record, ...]:
    """Return the log that holds events, one second apart, seq from 1."""
    return tuple(
        make_record(event, seq=seq, epoch=epoch, time=NOW + timedelta(seconds=seconds_apart * (seq - 1)))
        for seq, event in enumerate(events, start=1)
    )


def make_record(event: Event, *, seq: int, epoch: int = 1, time: datetime = NOW, run_id: str = RUN_ID) -> Record:
    """Return one event's record."""
    data = encode_event(event, run_id=run_id, seq=seq, time=time)
    return Record(run_id=run_id, epoch=epoch, seq=seq, time=time, type=event.type, data=data)
