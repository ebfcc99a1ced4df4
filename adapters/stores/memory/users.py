"""Users and refresh families in memory."""

from __future__ import annotations

from attrs import evolve

from adapters.stores.folding import fold
from domain.errors import RevokedTokenError, UserExistsError, UserNotFoundError
from domain.ports import Clock
from domain.user import Session, User


class MemoryUserStore:
    """`UserStore` in memory; two names that differ only in case are one name."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    async def add(self, user: User) -> None:
        """Keep a new user."""
        if user.id in self._users:
            raise UserExistsError("There is a user of that id already.")
        self._check_name(user)
        self._users[user.id] = user

    async def find(self, name: str) -> User:
        """Return a user by name."""
        for user in self._users.values():
            if fold(user.name) == fold(name):
                return user
        raise UserNotFoundError("There is no user of that name.")

    async def get(self, user_id: str) -> User:
        """Return a user by id."""
        try:
            return self._users[user_id]
        except KeyError:
            raise UserNotFoundError("There is no user of that id.") from None

    async def list(self) -> tuple[User, ...]:
        """Return all by name."""
        return tuple(sorted(self._users.values(), key=lambda user: fold(user.name)))

    async def save(self, user: User) -> None:
        """Replace a user.

        Raises:
            UserNotFoundError: There is none of that id.
            UserExistsError: The new name is somebody else's.
        """
        await self.get(user.id)
        self._check_name(user)
        self._users[user.id] = user

    def _check_name(self, user: User) -> None:
        if any(fold(other.name) == fold(user.name) and other.id != user.id for other in self._users.values()):
            raise UserExistsError("There is a user of that name already; pick another one.")


class MemorySessionStore:
    """`SessionStore` in memory; a family that has ended is one that is not there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    async def start(self, session: Session) -> None:
        """Keep a new family."""
        self._sessions[session.id] = session

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the good token; end the family when it is not the good one."""
        session = self._sessions.get(session_id)
        if session is None or session.expires_at <= self._clock.now():
            raise RevokedTokenError("This session has ended; log in again.")
        if session.token_id != token_id:
            del self._sessions[session_id]
            raise RevokedTokenError("This refresh token was used before, so its session was ended; log in again.")
        self._sessions[session_id] = evolve(session, token_id=next_token_id)
        return self._sessions[session_id]

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """Forget one family, or a user's."""
        ended = [s.id for s in self._sessions.values() if s.id == session_id or s.user_id == user_id]
        for ended_id in ended:
            del self._sessions[ended_id]

    async def is_revoked(self, session_id: str) -> bool:
        """Whether it is not there."""
        return session_id not in self._sessions
