"""What users spend, in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from domain.errors import FencedError
from domain.run.price import to_nanodollars
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending


class RedisLedger:
    """`Ledger` in Redis; a script sees what the one before has reserved, whichever process sent it."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        """Reserve where it fits."""
        wanted, most = reservation, reservation.most
        outcome, *usage = await self._server.run(
            "reserve",
            *(wanted.run_id, wanted.epoch, wanted.call, wanted.user_id, wanted.day.isoformat()),
            *(most.tokens, most.nanodollars, limits.tokens),
            None if limits.cost_usd is None else to_nanodollars(limits.cost_usd),
        )
        if outcome == b"fenced":
            raise FencedError(f"Run {wanted.run_id} is not running in epoch {wanted.epoch}.")
        if outcome == b"over":
            limits.check(_to_usage(usage[0]), most)

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        """Take the reservations away and add what was spent."""
        amounts = (None, None) if spent is None else (spent.tokens, spent.nanodollars)
        await self._server.run("settle", run_id, epoch, call, *amounts)

    async def usage(self, user_id: str, day: date) -> DayUsage:
        """Read the sums."""
        with repeatable():
            return _to_usage(await self._server.run("usage", user_id, day.isoformat()))


def _to_usage(row: Sequence[bytes | None]) -> DayUsage:
    tokens, nanodollars, held_tokens, held_nanodollars = (int(value or 0) for value in row)
    return DayUsage(
        used=Spending(tokens=tokens, nanodollars=nanodollars),
        reserved=Spending(tokens=held_tokens, nanodollars=held_nanodollars),
    )
