"""Refresh families in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from adapters.stores.postgresql.database import Database
from adapters.stores.repeatable import repeatable
from domain.errors import RevokedTokenError
from domain.ports import Clock
from domain.user import Session

_START = """
WITH forgotten AS (DELETE FROM sessions WHERE expires_at < $5)
INSERT INTO sessions (id, user_id, token_id, expires_at) VALUES ($1, $2, $3, $4)
"""
_ROTATE = """
UPDATE sessions SET token_id = $3 WHERE id = $1 AND token_id = $2 AND expires_at > $4 RETURNING user_id, expires_at
"""
_END_USED = "DELETE FROM sessions WHERE id = $1 AND token_id <> $2 AND expires_at > $3 RETURNING id"
_REVOKE = "DELETE FROM sessions WHERE id = $1 OR user_id = $2"
_IS_THERE = "SELECT FROM sessions WHERE id = $1"


class PostgresqlSessionStore:
    """`SessionStore` in PostgreSQL; a family that has ended is one that is not there."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def start(self, session: Session) -> None:
        """Keep a new family, and forget those that have been over for a day."""
        over = self._clock.now() - timedelta(days=1)
        await self._database.write(_START, session.id, session.user_id, session.token_id, session.expires_at, over)

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the good token; end the family when it is not the good one."""
        now = self._clock.now()
        rows = await self._database.write(_ROTATE, session_id, token_id, next_token_id, now)
        if rows:
            user_id, expires_at = rows[0]["user_id"], rows[0]["expires_at"]
            return Session(id=session_id, user_id=user_id, token_id=next_token_id, expires_at=expires_at)
        if await self._database.write(_END_USED, session_id, token_id, now):
            raise RevokedTokenError("This refresh token was used before, so its session was ended; log in again.")
        raise RevokedTokenError("This session has ended; log in again.")

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """Forget one family, or a user's."""
        with repeatable():
            await self._database.write(_REVOKE, session_id, user_id)

    async def is_revoked(self, session_id: str) -> bool:
        """Whether it is not there."""
        return not await self._database.read(_IS_THERE, session_id)
