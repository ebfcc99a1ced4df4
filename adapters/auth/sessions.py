"""A session store that remembers for a moment which sessions are still good."""

from __future__ import annotations

from domain.errors import RevokedTokenError
from domain.ports import Clock, SessionStore
from domain.user import Session

FRESH_SECONDS = 2.0
"""How long a session ended elsewhere may go on here; with a stream's own pause between looks it stays below 5 s."""

_REMEMBERED_SESSIONS = 10_000


class CachedSessionStore:
    """Asks another store only every `FRESH_SECONDS` whether a session has ended; what is ended here is known at once.

    Every request asks, so without it each would cost a query.
    """

    def __init__(self, store: SessionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._seen_good: dict[str, float] = {}

    async def start(self, session: Session) -> None:
        """Begin a family with its first refresh token."""
        await self._store.start(session)

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the family's one good refresh token for the next; raises as the port says."""
        try:
            return await self._store.rotate(session_id, token_id=token_id, next_token_id=next_token_id)
        except RevokedTokenError:
            self._seen_good.pop(session_id, None)
            raise

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """End one family, or all of a user's."""
        await self._store.revoke(session_id=session_id, user_id=user_id)
        self._seen_good.clear()

    async def is_revoked(self, session_id: str) -> bool:
        """Whether the family has ended or is not known, as of `FRESH_SECONDS` ago or less."""
        asked = self._clock.monotonic()
        if asked - self._seen_good.get(session_id, -FRESH_SECONDS) < FRESH_SECONDS:
            return False
        if await self._store.is_revoked(session_id):
            self._seen_good.pop(session_id, None)
            return True
        if len(self._seen_good) >= _REMEMBERED_SESSIONS:
            self._seen_good.clear()
        self._seen_good[session_id] = asked
        return False
