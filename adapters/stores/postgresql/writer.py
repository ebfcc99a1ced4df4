"""Appends and releases of all runs of a process, in the order in which they are asked for: a statement per flush."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from adapters.stores.group_commit import GroupCommitter
from adapters.stores.notice import Notice, write_payloads
from adapters.stores.postgresql.database import Database
from adapters.stores.writing import Append, Release, Write, fenced
from domain.errors import StoreError

_APPEND = """
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::boolean[],
        $7::timestamptz[]) WITH ORDINALITY AS w (id, epoch, tail, next_tail, status, success, finished_at, number)
), held AS (
    SELECT runs.key, wanted.* FROM runs JOIN wanted ON wanted.id = runs.id
    WHERE runs.status = 'running' AND runs.epoch = wanted.epoch AND runs.tail = wanted.tail
    ORDER BY runs.key FOR NO KEY UPDATE OF runs
), moved AS (
    UPDATE runs SET tail = held.next_tail, tail_epoch = held.epoch, status = coalesce(held.status, 'running'),
        success = held.success, finished_at = held.finished_at,
        worker = CASE WHEN held.status IS NULL THEN runs.worker END,
        lease_until = CASE WHEN held.status IS NULL THEN runs.lease_until END
    FROM held WHERE runs.key = held.key
    RETURNING runs.key, held.number
), added AS (
    INSERT INTO events (run, seq, epoch, time, type, data)
    SELECT moved.key, e.seq, e.epoch, e.time, e.type, e.data
    FROM unnest($8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::text[], $13::bytea[])
        AS e (number, seq, epoch, time, type, data)
    JOIN moved ON moved.number = e.number
), told AS (
    SELECT pg_notify('galley', payload) FROM unnest($14::text[]) AS payload
)
SELECT coalesce(array_agg(number), '{}') AS moved, (SELECT count(*) FROM told) FROM moved
"""
"""The rows are locked in the order of their keys, as everywhere, so that no two flushes wait for each other."""

_RELEASE = """
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) AS w (id, epoch, worker)
), held AS (
    SELECT runs.key FROM runs JOIN wanted ON wanted.id = runs.id
    WHERE runs.status = 'running' AND runs.epoch = wanted.epoch AND runs.worker = wanted.worker
    ORDER BY runs.key FOR NO KEY UPDATE OF runs
), released AS (
    UPDATE runs SET status = 'queued', worker = NULL, lease_until = NULL FROM held WHERE runs.key = held.key
), told AS (
    SELECT pg_notify('galley', payload) FROM unnest($4::text[]) AS payload
)
SELECT count(*) FROM told
"""


class PostgresqlWriter:
    """Turns what many runs write at once into few statements; `sender` is how other processes tell this one apart."""

    def __init__(self, database: Database, sender: str) -> None:
        self._database = database
        self._sender = sender
        self._committer: GroupCommitter[Write, None] = GroupCommitter(self._flush)

    async def write(self, write: Write) -> None:
        """Return once it is durable.

        Raises:
            FencedError: An append does not fit; nothing of it was written.
            AckLostError: Unknown.
            StoreUnavailableError: Nothing was written; worth retrying.
        """
        await self._committer.submit(write)

    async def close(self) -> None:
        """Write what is pending."""
        await self._committer.close()

    async def _flush(self, batch: Sequence[Write]) -> Sequence[Exception | None]:
        answers: list[Exception | None] = [None] * len(batch)
        for numbers in _split(batch):
            flushed = [batch[number] for number in numbers]
            for number, answer in zip(numbers, await self._flush_alike(flushed), strict=True):
                answers[number] = answer
        return answers

    async def _flush_alike(self, batch: Sequence[Write]) -> Sequence[Exception | None]:
        try:
            if isinstance(batch[0], Release):
                return await self._release([write for write in batch if isinstance(write, Release)])
            return await self._append([write for write in batch if isinstance(write, Append)])
        except StoreError as error:
            return [error] * len(batch)

    async def _append(self, batch: Sequence[Append]) -> Sequence[Exception | None]:
        events = [(number, record) for number, write in enumerate(batch, 1) for record in write.records]
        (row,) = await self._database.write(
            _APPEND,
            [write.lease.run_id for write in batch],
            [write.lease.epoch for write in batch],
            [write.records[0].seq - 1 for write in batch],
            [write.records[-1].seq for write in batch],
            [None if write.finish is None else str(write.finish.status) for write in batch],
            [None if write.finish is None else write.finish.success for write in batch],
            [None if write.finish is None else write.records[-1].time for write in batch],
            [number for number, _ in events],
            [record.seq for _, record in events],
            [record.epoch for _, record in events],
            [record.time for _, record in events],
            [record.type for _, record in events],
            [record.data for _, record in events],
            self._tell_appends(batch),
        )
        moved = set(row["moved"])
        for number, write in enumerate(batch, 1):
            if number in moved:
                write.landed()
        return [None if number in moved else fenced(write.lease) for number, write in enumerate(batch, 1)]

    async def _release(self, batch: Sequence[Release]) -> Sequence[None]:
        leases = [write.lease for write in batch]
        notice = Notice(states=[lease.run_id for lease in leases], has_claimable=True)
        await self._database.write(
            _RELEASE,
            [lease.run_id for lease in leases],
            [lease.epoch for lease in leases],
            [lease.worker for lease in leases],
            write_payloads(self._sender, notice),
        )
        return [None] * len(batch)

    def _tell_appends(self, batch: Sequence[Append]) -> list[str]:
        ended = [write.lease.run_id for write in batch if write.finish is not None]
        return write_payloads(self._sender, Notice(logs=[write.lease.run_id for write in batch], states=ended))


def _split(batch: Sequence[Write]) -> Iterator[list[int]]:
    """Yield the places of writes that can share a statement: of one kind, and one at most of each run."""
    turns: dict[str, int] = {}
    places = []
    for number, write in enumerate(batch):
        turn = turns[write.lease.run_id] = turns.get(write.lease.run_id, -1) + 1
        places.append((turn, isinstance(write, Release), number))
    for _, alike in groupby(sorted(places), key=lambda place: place[:2]):
        yield [number for _, _, number in alike]
