"""Claims, leases and cancels in Redis, each a script."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from adapters.stores.claims import Look, Wish
from adapters.stores.notice import Notice, write_payloads
from adapters.stores.redis.packing import to_text
from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from domain.run.model import Lease, LiveRuns, Renewal, RunStatus

_MICROSECONDS = 1_000_000


class RedisClaims:
    """Takes runs, gives back what was taken by mistake, flags cancels, and counts."""

    def __init__(self, server: Server, sender: str, *, lease_seconds: float) -> None:
        self._server = server
        self._sender = sender
        self._lease = round(lease_seconds * _MICROSECONDS)

    async def take(self, wish: Wish, claim: UUID) -> Look:
        """Ask once: a script has the whole queue before it."""
        answer = await self._server.run("claim", wish.worker, claim.hex, self._lease, wish.run_id, self._sender)
        run_id, value, *rest = answer
        if run_id is None:
            return Look(claim=claim, seconds=None if value is None else value / _MICROSECONDS)
        is_takeover, age = rest
        lease = Lease(
            run_id=to_text(run_id),
            epoch=value,
            worker=wish.worker,
            is_takeover=bool(is_takeover),
            age_seconds=None if age is None else age / _MICROSECONDS,
        )
        return Look(claim=claim, lease=lease)

    async def give_back(self, claims: Collection[UUID]) -> None:
        """Queue again, and tell."""
        with repeatable():
            payloads = write_payloads(self._sender, Notice(has_claimable=True))
            await self._server.run("give_back", [claim.hex for claim in claims], payloads)

    async def flag_cancel(self, run_id: str) -> RunStatus | None:
        """Flag, and tell."""
        with repeatable():
            status = await self._server.run("cancel", run_id, write_payloads(self._sender, Notice(states=[run_id])))
        return None if status is None else RunStatus(to_text(status))

    async def count(self) -> LiveRuns:
        """Ask for the sizes of the two sets."""
        with repeatable():
            queued, running = await self._server.run("count")
        return LiveRuns(queued=queued, running=running)


class RedisLeases:
    """Leases as they are in their runs."""

    def __init__(self, server: Server, *, lease_seconds: float) -> None:
        self._server = server
        self._lease = round(lease_seconds * _MICROSECONDS)

    async def extend(self, leases: Sequence[Lease]) -> Sequence[Renewal | None]:
        """Extend those that are held."""
        return await self._renew(leases, self._lease)

    async def read(self, leases: Sequence[Lease]) -> Sequence[Renewal | None]:
        """Look at them."""
        return await self._renew(leases, None)

    async def touch(self, run_ids: Sequence[str]) -> None:
        """Note it where every worker sees it."""
        with repeatable():
            await self._server.run("touch", run_ids)

    async def _renew(self, leases: Sequence[Lease], seconds: int | None) -> Sequence[Renewal | None]:
        asked = [(lease.run_id, lease.epoch, lease.worker) for lease in leases]
        with repeatable():
            answers = await self._server.run("renew", asked, seconds)
        return [
            answer and Renewal(cancel_requested=bool(answer[0]), unfollowed_seconds=answer[1] / _MICROSECONDS)
            for answer in answers
        ]
