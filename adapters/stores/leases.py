"""Extending and reading leases in an engine that many processes share, asked once for all who ask at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adapters.stores.group_commit import GroupCommitter
from domain.errors import FencedError
from domain.run.model import Lease, Renewal


class LeaseEngine(Protocol):
    """What leases need of an engine; each method may raise StoreUnavailableError, which is worth retrying."""

    async def extend(self, leases: Sequence[Lease]) -> Sequence[Renewal | None]:
        """Extend each lease that is still held; None for one that is over. No two are the same."""
        ...

    async def read(self, leases: Sequence[Lease]) -> Sequence[Renewal | None]:
        """Tell the same without extending."""
        ...

    async def touch(self, run_ids: Sequence[str]) -> None:
        """Note that somebody follows these runs, where they are live."""
        ...


class Leases:
    """The leases that workers of this process hold."""

    def __init__(self, engine: LeaseEngine) -> None:
        self._engine = engine
        self._extending: GroupCommitter[Lease, Renewal] = GroupCommitter(self._extend)
        self._reading: GroupCommitter[Lease, Renewal] = GroupCommitter(self._read)
        self._touching: GroupCommitter[str, None] = GroupCommitter(self._touch)

    async def extend(self, lease: Lease) -> Renewal:
        """Extend a lease and tell what its worker has to know.

        Raises:
            FencedError: It is over.
            StoreUnavailableError: Worth retrying.
        """
        return await self._extending.submit(lease)

    async def read(self, lease: Lease) -> Renewal:
        """Tell the same without extending; raises the same."""
        return await self._reading.submit(lease)

    async def touch(self, run_id: str) -> None:
        """Note that somebody follows.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        await self._touching.submit(run_id)

    async def close(self) -> None:
        """Finish what is under way."""
        for committer in (self._extending, self._reading, self._touching):
            await committer.close()

    async def _extend(self, leases: Sequence[Lease]) -> Sequence[Renewal | Exception]:
        asked = list(dict.fromkeys(leases))
        return _answer(leases, asked, await self._engine.extend(asked))

    async def _read(self, leases: Sequence[Lease]) -> Sequence[Renewal | Exception]:
        asked = list(dict.fromkeys(leases))
        return _answer(leases, asked, await self._engine.read(asked))

    async def _touch(self, run_ids: Sequence[str]) -> Sequence[None]:
        await self._engine.touch(list(set(run_ids)))
        return [None] * len(run_ids)


def _answer(
    leases: Sequence[Lease], asked: Sequence[Lease], answers: Sequence[Renewal | None]
) -> list[Renewal | Exception]:
    held = dict(zip(asked, answers, strict=True))
    return [held[lease] or FencedError(f"The lease on run {lease.run_id} is over.") for lease in leases]
