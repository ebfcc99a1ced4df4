"""Claims in an engine that many processes share: one after the other, and what nobody works on is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol
from uuid import UUID, uuid4

from attrs import define, field, frozen

from adapters.stores.ring import QUEUE, Rings
from domain.errors import AckLostError, StoreUnavailableError
from domain.run.model import Lease


@define(eq=False, kw_only=True)
class Wish:
    """What a worker wants: the next run, or one; it may have gone away meanwhile."""

    worker: str
    run_id: str | None
    given_up: asyncio.Event = field(factory=asyncio.Event)


@frozen(kw_only=True)
class Look:
    """What came of a wish: a lease, or in how many seconds looking again may help, None where nothing is foreseen."""

    claim: UUID
    lease: Lease | None = None
    seconds: float | None = None


class ClaimEngine(Protocol):
    """What claiming needs of an engine."""

    async def take(self, wish: Wish, claim: UUID) -> Look:
        """Take what is wanted, where there is one, under the name `claim`.

        Raises:
            AckLostError: Whether something was taken is unknown.
            StoreUnavailableError: Nothing was taken; worth retrying.
        """
        ...

    async def give_back(self, claims: Collection[UUID]) -> None:
        """Queue again what was taken under these names, and tell the other processes.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...


class Claims:
    """The claims of one process, one after the other, so that one that was given up is undone before the next looks."""

    def __init__(self, engine: ClaimEngine, rings: Rings) -> None:
        self._engine = engine
        self._rings = rings
        self._turn = asyncio.Lock()
        self._lost: set[UUID] = set()

    async def look(self, wish: Wish) -> Look:
        """Take what is wanted, where there is one.

        Raises:
            StoreUnavailableError: Worth retrying; a claim of which nobody knows whether it landed is undone then.
        """
        async with self._turn:
            await self._give_back_lost()
            claim = uuid4()
            if wish.given_up.is_set():
                return Look(claim=claim)
            try:
                look = await self._engine.take(wish, claim)
            except AckLostError as error:
                self._lost.add(claim)
                raise StoreUnavailableError(error.message) from error
            if wish.given_up.is_set():
                self._lost.add(claim)
                await self._give_back_lost()
            elif look.lease is not None and look.lease.is_takeover:
                self._rings.ring([look.lease.run_id])
        return look

    async def undo(self, look: Look) -> None:
        """Give back what a look took that nobody waited for."""
        self._lost.add(look.claim)
        async with self._turn:
            await self._give_back_lost()

    async def _give_back_lost(self) -> None:
        if not self._lost:
            return
        lost = list(self._lost)
        await self._engine.give_back(lost)
        self._lost.difference_update(lost)
        self._rings.ring([QUEUE])
