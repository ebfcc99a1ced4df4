"""Writes a finished run with a very long log into a store that nobody serves just now."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from adapters.clock import SystemClock
from adapters.stores.sqlite.store import SqliteStore
from domain.run.codec import encode_event
from domain.run.events import Event, Progressed, RunCompleted, RunQueued, TextGrew
from domain.run.limits import Limits
from domain.run.model import Finish, Lease, NewRun, PinnedPrompt, Record, RunRequest, RunSpec, RunStatus, Stage

CONTENT = b'{"name":"long"}'
PIN = PinnedPrompt(name="long", version=1, hash=hashlib.sha256(CONTENT).hexdigest())
PIECE = "twenty characters of "
BATCH = 1000


async def write_long_run(path: Path, *, owner: str, events: int) -> str:
    """Write a complete run of so many events and return its id."""
    run_id = str(uuid.uuid4())
    time = datetime.now(UTC)
    async with SqliteStore.open(path, clock=SystemClock()) as store:
        await store.runs.create(_make_run(run_id, owner, time))
        lease = await store.queue.claim("rig", wait_seconds=1)
        assert lease is not None
        records = _write_records(lease, events, time)
        while batch := tuple(islice(records, BATCH)):
            finish = Finish(status=RunStatus.COMPLETE, success=True) if batch[-1].type == "complete" else None
            await store.log.append(lease, batch, finish=finish)
    return run_id


def _make_run(run_id: str, owner: str, time: datetime) -> NewRun:
    request = RunRequest(prompt="long", inputs={"topic": run_id})
    spec = RunSpec(
        request=request, prompt=PIN, model="sample", output_format="text", checks=(), limits=Limits(), trace_id=run_id
    )
    first = _record(run_id, 0, 1, RunQueued(prompt=PIN, model="sample"), time)
    return NewRun(id=run_id, owner=owner, spec=spec, content=CONTENT, record=first)


def _write_records(lease: Lease, events: int, time: datetime) -> Iterator[Record]:
    for seq, event in enumerate(_tell(events - 3), start=2):
        yield _record(lease.run_id, lease.epoch, seq, event, time)


def _tell(deltas: int) -> Iterator[Event]:
    for number in range(deltas):
        yield TextGrew(stage=Stage.GENERATOR, attempt=1, text=PIECE, offset=number * len(PIECE))
    yield Progressed(stage=Stage.DONE, message="Done", progress=100)
    yield RunCompleted(success=True, output="long")


def _record(run_id: str, epoch: int, seq: int, event: Event, time: datetime) -> Record:
    data = encode_event(event, run_id=run_id, seq=seq, time=time)
    return Record(run_id=run_id, epoch=epoch, seq=seq, time=time, type=event.type, data=data)
