"""Refresh families in SQLite."""

from __future__ import annotations

import apsw

from adapters.stores.sqlite.database import Database
from adapters.stores.sqlite.row import from_micros, to_micros
from domain.errors import RevokedTokenError
from domain.ports import Clock
from domain.user import Session

_START = "INSERT INTO sessions (id, user_id, token_id, expires_at) VALUES (?, ?, ?, ?)"
_FORGET_OVER = "DELETE FROM sessions WHERE expires_at < ?"
_DAY = 24 * 60 * 60 * 1_000_000


class SqliteSessionStore:
    """`SessionStore` in SQLite; a family that has ended is one that is not there."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def start(self, session: Session) -> None:
        """Keep a new family, and forget those that have been over for a day."""
        row = (session.id, session.user_id, session.token_id, to_micros(session.expires_at))
        over = to_micros(self._clock.now()) - _DAY

        def start(db: apsw.Connection) -> None:
            db.execute(_FORGET_OVER, (over,))
            db.execute(_START, row)

        await self._database.write(start)

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the good token; end the family when it is not the good one."""
        now = to_micros(self._clock.now())
        rotated = await self._database.write(lambda db: _rotate(db, session_id, token_id, next_token_id, now))
        if rotated is None:
            raise RevokedTokenError("This refresh token was used before, so its session was ended; log in again.")
        return rotated

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """Forget one family, or a user's."""
        sql = "DELETE FROM sessions WHERE id = ? OR user_id = ?"
        await self._database.write(lambda db: db.execute(sql, (session_id, user_id)).get)

    async def is_revoked(self, session_id: str) -> bool:
        """Whether it is not there."""
        sql = "SELECT NOT EXISTS (SELECT 1 FROM sessions WHERE id = ?)"
        return bool(await self._database.read(lambda db: db.execute(sql, (session_id,)).get))


def _rotate(db: apsw.Connection, session_id: str, token_id: str, next_token_id: str, now: int) -> Session | None:
    row = db.execute("SELECT user_id, token_id, expires_at FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None or row[2] <= now:
        raise RevokedTokenError("This session has ended; log in again.")
    if row[1] != token_id:
        db.execute("DELETE FROM sessions WHERE id = ?", (session_id,))
        return None
    db.execute("UPDATE sessions SET token_id = ? WHERE id = ?", (next_token_id, session_id))
    return Session(id=session_id, user_id=row[0], token_id=next_token_id, expires_at=from_micros(row[2]))
