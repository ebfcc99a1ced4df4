"""People and their log-ins."""

from __future__ import annotations

from typing import Protocol

from domain.user import Principal, Session, User


class UserStore(Protocol):
    """Users."""

    async def add(self, user: User) -> None:
        """Add a user.

        Raises:
            UserExistsError: The name is taken.
        """
        ...

    async def find(self, name: str) -> User:
        """Return the user of that name.

        Raises:
            UserNotFoundError: There is none.
        """
        ...

    async def get(self, user_id: str) -> User:
        """Return the user of that id.

        Raises:
            UserNotFoundError: There is none.
        """
        ...

    async def list(self) -> tuple[User, ...]:
        """Return every user, by name."""
        ...

    async def save(self, user: User) -> None:
        """Replace the user of that id.

        Raises:
            UserNotFoundError: There is none.
        """
        ...


class SessionStore(Protocol):
    """Refresh families."""

    async def start(self, session: Session) -> None:
        """Begin a family with its first refresh token."""
        ...

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the family's one good refresh token for the next.

        Raises:
            RevokedTokenError: The family is unknown, ended or over, or the token was used before: that ends the family.
        """
        ...

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """End one family, or all of a user's."""
        ...

    async def is_revoked(self, session_id: str) -> bool:
        """Whether the family has ended or is not known."""
        ...


class Authenticator(Protocol):
    """Access and refresh tokens."""

    def mint(self, user: User, session: Session) -> tuple[str, str]:
        """Return an access token and the refresh token that the session's `token_id` names."""
        ...

    async def verify(self, token: str) -> Principal:
        """Return who an access token speaks for.

        Raises:
            ExpiredTokenError: Its time is over.
            RevokedTokenError: Its session has ended.
            InvalidTokenError: It is not one of ours, or not an access token.
        """
        ...

    async def read_refresh(self, token: str) -> tuple[str, str]:
        """Return session id and token id of a refresh token.

        Raises:
            ExpiredTokenError: Its time is over.
            InvalidTokenError: It is not one of ours, or not a refresh token.
        """
        ...
