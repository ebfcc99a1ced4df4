"""Refresh families in Redis."""

from __future__ import annotations

from datetime import timedelta

from adapters.stores.redis.packing import to_microseconds, to_text, to_time
from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from domain.errors import RevokedTokenError
from domain.ports import Clock
from domain.user import Session


class RedisSessionStore:
    """`SessionStore` in Redis; a family that has ended is one that is not there."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    async def start(self, session: Session) -> None:
        """Keep a new family, and forget those that have been over for a day."""
        over = to_microseconds(self._clock.now() - timedelta(days=1))
        expires_at = to_microseconds(session.expires_at)
        await self._server.run("sessions", "start", session.id, session.user_id, session.token_id, expires_at, over)

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the good token; end the family when it is not the good one."""
        now = to_microseconds(self._clock.now())
        outcome, *session = await self._server.run("sessions", "rotate", session_id, token_id, next_token_id, now)
        if outcome == b"used":
            raise RevokedTokenError("This refresh token was used before, so its session was ended; log in again.")
        if outcome == b"over":
            raise RevokedTokenError("This session has ended; log in again.")
        user_id, expires_at = session
        return Session(id=session_id, user_id=to_text(user_id), token_id=next_token_id, expires_at=to_time(expires_at))

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """Forget one family, or a user's."""
        with repeatable():
            await self._server.run("sessions", "revoke", session_id, user_id)

    async def is_revoked(self, session_id: str) -> bool:
        """Whether it is not there."""
        with repeatable():
            return not await self._server.run("sessions", "look", session_id)
