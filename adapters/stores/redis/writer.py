"""Appends and releases of all runs of a process, in the order in which they are asked for: a call per flush."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.stores.group_commit import GroupCommitter
from adapters.stores.notice import Notice, write_payloads
from adapters.stores.redis.packing import Packable
from adapters.stores.redis.row import from_record
from adapters.stores.redis.server import Server
from adapters.stores.writing import Append, Write, fenced
from domain.errors import StoreError

WRITES_AT_ONCE = 200
"""A script holds everybody up, so it does not take longer than some milliseconds."""


class RedisWriter:
    """Turns what many runs write at once into few calls; `sender` is how other processes tell this one apart."""

    def __init__(self, server: Server, sender: str) -> None:
        self._server = server
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
        answers: list[Exception | None] = []
        for start in range(0, len(batch), WRITES_AT_ONCE):
            answers.extend(await self._flush_some(batch[start : start + WRITES_AT_ONCE]))
        return answers

    async def _flush_some(self, batch: Sequence[Write]) -> Sequence[Exception | None]:
        try:
            landed = await self._server.run("write", [_pack(write) for write in batch], self._tell(batch))
        except StoreError as error:
            return [error] * len(batch)
        for write, has_landed in zip(batch, landed, strict=True):
            if has_landed and isinstance(write, Append):
                write.landed()
        return [None if has_landed else fenced(write.lease) for write, has_landed in zip(batch, landed, strict=True)]

    def _tell(self, batch: Sequence[Write]) -> list[str]:
        appends = [write for write in batch if isinstance(write, Append)]
        released = [write.lease.run_id for write in batch if not isinstance(write, Append)]
        ended = [write.lease.run_id for write in appends if write.finish is not None]
        notice = Notice(
            logs=[write.lease.run_id for write in appends], states=ended + released, has_claimable=bool(released)
        )
        return write_payloads(self._sender, notice)


def _pack(write: Write) -> tuple[Packable, ...]:
    lease = write.lease
    if not isinstance(write, Append):
        return "release", lease.run_id, lease.epoch, lease.worker
    finish = write.finish
    status = None if finish is None else str(finish.status)
    success = "" if finish is None or finish.success is None else str(int(finish.success))
    records = [from_record(record) for record in write.records]
    return "append", lease.run_id, lease.epoch, write.records[0].seq - 1, status, success, records
