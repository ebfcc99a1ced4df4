"""What users spend, in SQLite."""

from __future__ import annotations

from datetime import date
from typing import Any

import apsw

from adapters.stores.fence import check_epoch
from adapters.stores.sqlite.database import Database
from domain.run.model import RunStatus
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending

_RUN = "SELECT status, epoch FROM runs WHERE id = ?"
_IS_HELD = "SELECT EXISTS (SELECT 1 FROM reservations WHERE run = ? AND epoch = ? AND call = ?)"
_RESERVE = """
INSERT INTO reservations (run, epoch, call, user_id, day, tokens, nanodollars) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_RELEASE = """
DELETE FROM reservations WHERE run = ?1 AND (epoch, call) <= (?2, ?3)
RETURNING epoch, call, user_id, day, tokens, nanodollars
"""
_SPEND = """
INSERT INTO spendings (user_id, day, tokens, nanodollars) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens, nanodollars = nanodollars + excluded.nanodollars
"""
_USED = "SELECT tokens, nanodollars FROM spendings WHERE user_id = ? AND day = ?"
_RESERVED = """
SELECT coalesce(sum(tokens), 0), coalesce(sum(nanodollars), 0) FROM reservations WHERE user_id = ? AND day = ?
"""


class SqliteLedger:
    """`Ledger` in SQLite; its writes share the group commits of everybody's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        """Reserve where it fits."""
        await self._database.write(lambda db: _reserve(db, reservation, limits))

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        """Take the reservations away and add what was spent."""
        await self._database.write(lambda db: _settle(db, run_id, epoch, call, spent))

    async def usage(self, user_id: str, day: date) -> DayUsage:
        """Add up."""
        return await self._database.read(lambda db: _usage(db, user_id, day))


def _reserve(db: apsw.Connection, wanted: Reservation, limits: DailyLimits) -> None:
    row = db.execute(_RUN, (wanted.run_id,)).fetchone()
    check_epoch(wanted, None if row is None else (RunStatus(row[0]), row[1]))
    key = (wanted.run_id, wanted.epoch, wanted.call)
    if db.execute(_IS_HELD, key).get:
        return
    limits.check(_usage(db, wanted.user_id, wanted.day), wanted.most)
    most = wanted.most
    db.execute(_RESERVE, (*key, wanted.user_id, wanted.day.isoformat(), most.tokens, most.nanodollars))


def _settle(db: apsw.Connection, run_id: str, epoch: int, call: int, spent: Spending | None) -> None:
    rows: list[tuple[Any, ...]] = sorted(db.execute(_RELEASE, (run_id, epoch, call)))
    for row in rows:
        held = Spending(tokens=row[4], nanodollars=row[5])
        actual = held if spent is None or row is not rows[-1] else spent
        db.execute(_SPEND, (row[2], row[3], actual.tokens, actual.nanodollars))


def _usage(db: apsw.Connection, user_id: str, day: date) -> DayUsage:
    key = (user_id, day.isoformat())
    used = db.execute(_USED, key).fetchone() or (0, 0)
    reserved = db.execute(_RESERVED, key).fetchone() or (0, 0)
    return DayUsage(
        used=Spending(tokens=used[0], nanodollars=used[1]),
        reserved=Spending(tokens=reserved[0], nanodollars=reserved[1]),
    )
