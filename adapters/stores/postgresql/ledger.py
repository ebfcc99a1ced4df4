"""What users spend, in PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import Any

from adapters.stores.fence import check_epoch
from adapters.stores.postgresql.database import Database
from domain.run.model import RunStatus
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending

_LOCK_DAY = "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2::date, 3))"
_RUN = "SELECT status, epoch FROM runs WHERE id = $1 FOR SHARE"
_IS_HELD = "SELECT FROM reservations WHERE run = $1 AND epoch = $2 AND call = $3"
_RESERVE = """
INSERT INTO reservations (run, epoch, call, user_id, day, tokens, nanodollars) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_SETTLE = """
WITH released AS (
    DELETE FROM reservations WHERE run = $1 AND (epoch, call) <= ($2, $3) RETURNING *
), ranked AS (
    SELECT *, row_number() OVER (ORDER BY epoch DESC, call DESC) = 1 AS is_last FROM released
), spent AS (
    SELECT user_id, day,
        sum(CASE WHEN is_last THEN coalesce($4::bigint, tokens) ELSE tokens END)::bigint AS tokens,
        sum(CASE WHEN is_last THEN coalesce($5::bigint, nanodollars) ELSE nanodollars END)::bigint AS nanodollars
    FROM ranked GROUP BY user_id, day ORDER BY user_id, day
)
INSERT INTO spendings (user_id, day, tokens, nanodollars) SELECT * FROM spent
ON CONFLICT (user_id, day) DO UPDATE
SET tokens = spendings.tokens + excluded.tokens, nanodollars = spendings.nanodollars + excluded.nanodollars
"""
_USAGE = """
SELECT coalesce(used.tokens, 0) AS used_tokens, coalesce(used.nanodollars, 0) AS used_nanodollars,
    held.tokens AS held_tokens, held.nanodollars AS held_nanodollars
FROM (
    SELECT coalesce(sum(tokens), 0)::bigint AS tokens, coalesce(sum(nanodollars), 0)::bigint AS nanodollars
    FROM reservations WHERE user_id = $1 AND day = $2
) AS held LEFT JOIN spendings AS used ON used.user_id = $1 AND used.day = $2
"""


class PostgresqlLedger:
    """`Ledger` in PostgreSQL; a user's reservations of a day come one after the other, whichever process makes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        """Reserve where it fits."""
        wanted, most = reservation, reservation.most
        key = (wanted.run_id, wanted.epoch, wanted.call)
        async with self._database.transaction() as transaction:
            await transaction.fetch(_LOCK_DAY, wanted.user_id, wanted.day)
            runs = await transaction.fetch(_RUN, wanted.run_id)
            check_epoch(wanted, (RunStatus(runs[0]["status"]), runs[0]["epoch"]) if runs else None)
            if await transaction.fetch(_IS_HELD, *key):
                return
            (row,) = await transaction.fetch(_USAGE, wanted.user_id, wanted.day)
            limits.check(_to_usage(row), most)
            await transaction.fetch(_RESERVE, *key, wanted.user_id, wanted.day, most.tokens, most.nanodollars)

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        """Take the reservations away and add what was spent."""
        amounts = (None, None) if spent is None else (spent.tokens, spent.nanodollars)
        await self._database.write(_SETTLE, run_id, epoch, call, *amounts)

    async def usage(self, user_id: str, day: date) -> DayUsage:
        """Add up."""
        (row,) = await self._database.read(_USAGE, user_id, day)
        return _to_usage(row)


def _to_usage(row: Any) -> DayUsage:
    return DayUsage(
        used=Spending(tokens=row["used_tokens"], nanodollars=row["used_nanodollars"]),
        reserved=Spending(tokens=row["held_tokens"], nanodollars=row["held_nanodollars"]),
    )
