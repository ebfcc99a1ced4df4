"""The recorder: gathers what the pipeline yields, numbers it and appends it to the log, in a task of its own."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from domain.errors import AckLostError, StoreUnavailableError
from domain.pipeline.transcript import Transcript
from domain.ports import Clock, RunLog
from domain.run.events import Event, TextGrew
from domain.run.history import History
from domain.run.model import Lease, Record, RunSpec

PENDING_LIMIT = 65_536
"""Characters that may wait for the store; more holds the pipeline, and so the provider's stream, back."""
STORE_WAIT_SECONDS = (0.1, 0.2, 0.5, 1.0)


class Recorder:
    """Makes a run's events durable in their order.

    `record` takes them and returns, waiting only while too much waits for the store. They are appended at once; what
    comes while the store is at work is appended together, neighbouring deltas as one. Leaving the context appends what
    is left. What keeps the log from taking more is raised from `record` and at the end:

    Raises:
        FencedError: The run is another worker's by now.
    """

    def __init__(self, log: RunLog, lease: Lease, spec: RunSpec, history: History, *, clock: Clock) -> None:
        self._log = log
        self._lease = lease
        self._clock = clock
        self._transcript = Transcript(lease, spec, history)
        self._pending: list[Event] = []
        self._size = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._is_closing = False
        self._failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._append_pending())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._is_closing = True
        self._wake.set()
        try:
            await asyncio.wait({self._task})
        finally:
            self._task.cancel()
        if self._failure is not None and error is None:
            raise self._failure

    def abandon(self) -> None:
        """Append nothing more, not even what is left: the run is another worker's."""
        self._pending.clear()
        self._is_closing = True
        assert self._task is not None
        self._task.cancel()

    async def record(self, events: tuple[Event, ...]) -> None:
        """Take events that belong in one append."""
        if self._failure is not None:
            raise self._failure
        self._pending.extend(events)
        self._size += sum(len(event.text) for event in events if isinstance(event, TextGrew))
        self._wake.set()
        if self._size >= PENDING_LIMIT:
            self._room.clear()
            await self._room.wait()

    async def _append_pending(self) -> None:
        try:
            while not (self._is_closing and not self._pending):
                await self._wake.wait()
                self._wake.clear()
                events, self._pending, self._size = self._pending, [], 0
                self._room.set()
                if events:
                    await self._append(self._transcript.write(events, now=self._clock.now()))
        except Exception as error:
            self._failure = error
            self._room.set()

    async def _append(self, records: tuple[Record, ...]) -> None:
        tries = 0
        while not await self._has_landed(records, is_repeated=tries > 0):
            await self._clock.sleep(STORE_WAIT_SECONDS[min(tries, len(STORE_WAIT_SECONDS) - 1)])
            tries += 1

    async def _has_landed(self, records: tuple[Record, ...], *, is_repeated: bool) -> bool:
        """Try once; an append whose ack was lost is looked up in the log before it is tried again."""
        try:
            if is_repeated:
                tail = await self._log.tail(self._lease.run_id)
                if tail.epoch == self._lease.epoch and tail.seq >= records[-1].seq:
                    return True
            await self._log.append(self._lease, records, finish=self._transcript.finish)
        except (AckLostError, StoreUnavailableError):
            return False
        return True
