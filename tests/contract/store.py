"""What the contracts of the store ports have in common: a store of some engine, its clock, and runs to put into it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import pytest

from adapters.clock import START, ManualClock, settle
from domain.ports import (
    Ledger,
    PromptStore,
    QueueDepth,
    RunLog,
    RunQueue,
    RunStore,
    SessionStore,
    UserStore,
    WebhookQueue,
)
from domain.run.limits import Limits
from domain.run.model import Finish, Lease, NewRun, PinnedPrompt, Record, RunRequest, RunSpec, RunStatus

Result = TypeVar("Result")
WORKER = "worker-a"
OTHER_WORKER = "worker-b"
LEASE_SECONDS = 10.0
PATIENCE_SECONDS = 10.0
COMPLETE = Finish(status=RunStatus.COMPLETE, success=True)


class LabelledPromptStore(PromptStore, Protocol):
    """A prompt store, and the way in which its labels are set."""

    async def label(self, name: str, label: str, version: int) -> None: ...


class Store(Protocol):
    """An engine that is open; an attribute per port."""

    runs: RunStore
    log: RunLog
    queue: RunQueue
    depth: QueueDepth
    prompts: LabelledPromptStore
    users: UserStore
    sessions: SessionStore
    ledger: Ledger
    webhooks: WebhookQueue


OpenStore = Callable[..., AbstractAsyncContextManager[Store]]
Rest = Callable[[], Awaitable[None]]


class StoreContract:
    """An engine's tests supply `open_store`: it opens an empty store with `clock` and the options that are given.

    These are lease_seconds, queue_limit and user_live_runs.
    """

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def rest(self) -> Rest:
        """Let everything happen that can without time passing; an engine beyond this process takes more than turns."""
        return settle

    @pytest.fixture
    async def store(self, open_store: OpenStore) -> Any:
        async with open_store(lease_seconds=LEASE_SECONDS) as store:
            yield store


def make_run(run_id: str = "run-1", **changes: Any) -> NewRun:
    """Make a run of "ann" from the prompt set "post"."""
    spec = RunSpec(
        request=RunRequest(prompt="post", inputs={"topic": "Lamps"}),
        prompt=PinnedPrompt(name=changes.pop("prompt", "post"), version=1, hash=changes.pop("hash", "hash-1")),
        model="sample",
        output_format="markdown",
        checks=({"check": "words", "max": 160},),
        limits=Limits(),
    )
    created_at = changes.pop("created_at", START)
    given = {"owner": "ann", "spec": spec, "content": b'{"name":"post"}', "fingerprint": "fingerprint-1"}
    return NewRun(id=run_id, record=make_record(run_id, 1, epoch=0, kind="run", time=created_at), **given | changes)


def make_record(
    run_id: str, seq: int, *, epoch: int = 1, kind: str = "delta", time: datetime | None = None, data: bytes = b""
) -> Record:
    """Make a record whose data tells it from any other."""
    moment = time or START + timedelta(microseconds=seq)
    return Record(run_id=run_id, epoch=epoch, seq=seq, time=moment, type=kind, data=data or b"%d-%d" % (epoch, seq))


def make_records(run_id: str, first: int, last: int, *, epoch: int = 1) -> tuple[Record, ...]:
    """Make records with the seqs first to last."""
    return tuple(make_record(run_id, seq, epoch=epoch) for seq in range(first, last + 1))


async def start_run(store: Store, run_id: str = "run-1", *, worker: str = WORKER, **changes: Any) -> Lease:
    """Create a run and claim it."""
    await store.runs.create(make_run(run_id, **changes))
    lease = await store.queue.claim(worker, wait_seconds=0, run_id=run_id)
    assert lease is not None
    return lease


async def finish_run(store: Store, run_id: str = "run-1", *, time: datetime | None = None, **changes: Any) -> Record:
    """Create a run and complete it; return its last record."""
    lease = await start_run(store, run_id, **changes)
    last = make_record(run_id, 2, epoch=lease.epoch, kind="complete", time=time)
    await store.log.append(lease, [last], finish=COMPLETE)
    return last


async def soon(waiting: Awaitable[Result]) -> Result:
    """Wait for what has to come by itself, but not for ever where it does not."""
    return await asyncio.wait_for(waiting, PATIENCE_SECONDS)


async def pass_time(clock: ManualClock, waiting: Coroutine[Any, Any, Result], *, seconds: float) -> Result:
    """Let that much time pass while something waits, and return what it comes to."""
    task = asyncio.ensure_future(waiting)
    await clock.advance(seconds)
    return await soon(task)
