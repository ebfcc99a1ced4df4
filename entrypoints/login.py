"""Logging in, staying logged in, and logging out; nothing here knows of HTTP."""

from __future__ import annotations

import secrets
import unicodedata
import uuid
from datetime import timedelta
from typing import Final, Protocol

from attrs import evolve, frozen

from domain.errors import (
    ExpiredTokenError,
    InvalidCredentialsError,
    RevokedTokenError,
    UserExistsError,
    UserNotFoundError,
)
from domain.ports import Authenticator, Clock, SessionStore, UserStore
from domain.user import Role, Session, User
from entrypoints.line import Line
from entrypoints.throttle import Throttle, network_of

ADMIN: Final = "admin"


class Passwords(Protocol):
    """Password hashing; it takes long on purpose, and the same time for every answer."""

    async def hash(self, password: str) -> str:
        """Return a new hash.

        Raises:
            InvalidRequestError: The password breaks the rules.
        """
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the hash is of this password; without one the answer is no, after the same work."""
        ...

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether new hashes are made in another way."""
        ...


@frozen(kw_only=True)
class TokenPair:
    """What a log-in gives; the access token is good for `expires_in` seconds, the other for `refresh_seconds`."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_seconds: int


class Login:
    """Exchanges passwords for tokens, and refresh tokens for new ones.

    A session lasts `refresh_days` from its log-in. Every refresh ends the token that it was made with; using one again
    ends the session, also where an answer got lost, because nobody can tell a client that retries from a thief.

    At most 10 log-ins a minute may fail for one name and for one address (an IPv6 /64 counts as one). Passwords are
    checked a few at a time, in the order in which they came.
    """

    def __init__(
        self,
        *,
        users: UserStore,
        sessions: SessionStore,
        authenticator: Authenticator,
        passwords: Passwords,
        clock: Clock,
        access_seconds: int = 900,
        refresh_days: float = 30,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._authenticator = authenticator
        self._passwords = passwords
        self._clock = clock
        self._access_seconds = access_seconds
        self._lifetime = timedelta(days=refresh_days)
        self._throttle = Throttle(clock)
        self._line = Line()

    async def log_in(self, name: str, password: str, address: str) -> TokenPair:
        """Begin a session; `address` is the IP address that asks.

        Raises:
            InvalidCredentialsError: Name and password don't match, or the user is disabled: it does not tell which.
            TooManyAttemptsError: Worth retrying after `retry_after` seconds.
        """
        async with self._line.turn():
            with self._throttle.trying(f"name {_fold(name)}", f"address {network_of(address)}"):
                user = await self._check(name, password)
        session = Session(
            id=str(uuid.uuid4()),
            user_id=user.id,
            token_id=str(uuid.uuid4()),
            expires_at=self._clock.now() + self._lifetime,
        )
        await self._sessions.start(session)
        return await self._mint(session)

    async def refresh(self, token: str) -> TokenPair:
        """Exchange a refresh token for a new pair, with the user's name and roles as they are now.

        Raises:
            ExpiredTokenError: Its time is over.
            InvalidTokenError: It is not one of ours, or not a refresh token.
            RevokedTokenError: Its session has ended, or ends now as the token was used before or the user is disabled.
        """
        session_id, token_id = await self._authenticator.read_refresh(token)
        session = await self._sessions.rotate(session_id, token_id=token_id, next_token_id=str(uuid.uuid4()))
        return await self._mint(session)

    async def log_out(self, session_id: str) -> None:
        """End a session and every token of it."""
        await self._sessions.revoke(session_id=session_id)

    async def log_out_with(self, token: str) -> None:
        """End the session of a refresh token, which may have been used or be over.

        Raises:
            InvalidTokenError: It is not one of ours, or not a refresh token.
        """
        try:
            session_id, _ = await self._authenticator.read_refresh(token)
        except ExpiredTokenError:
            return
        await self.log_out(session_id)

    async def _check(self, name: str, password: str) -> User:
        user = await self._find(name)
        is_right = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not is_right or user.is_disabled:
            raise InvalidCredentialsError("User name and password don't match.")
        if self._passwords.needs_rehash(user.password_hash):
            await self._rehash(user, password)
        return user

    async def _find(self, name: str) -> User | None:
        try:
            return await self._users.find(name)
        except UserNotFoundError:
            return None

    async def _rehash(self, user: User, password: str) -> None:
        password_hash = await self._passwords.hash(password)
        current = await self._users.get(user.id)
        if current.password_hash == user.password_hash:
            await self._users.save(evolve(current, password_hash=password_hash))

    async def _mint(self, session: Session) -> TokenPair:
        # Read after the session exists: whoever disables a user saves first and then revokes, so none slips through.
        user = await self._users.get(session.user_id)
        if user.is_disabled:
            await self._sessions.revoke(session_id=session.id)
            raise RevokedTokenError("The session has ended; log in again.")
        access_token, refresh_token = self._authenticator.mint(user, session)
        left = int((session.expires_at - self._clock.now()).total_seconds())
        return TokenPair(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in=min(self._access_seconds, left),
            refresh_seconds=left,
        )


async def ensure_admin(
    users: UserStore, passwords: Passwords, given_password: str | None, *, clock: Clock
) -> str | None:
    """Make the user `admin` where there are no users; return its password where it was not given, to be shown once.

    Raises:
        InvalidRequestError: The given password breaks the rules.
    """
    if await users.list():
        return None
    password = given_password or secrets.token_urlsafe(18)
    admin = User(
        id=str(uuid.uuid4()),
        name=ADMIN,
        password_hash=await passwords.hash(password),
        roles=frozenset({Role.ADMIN}),
        created_at=clock.now(),
    )
    try:
        await users.add(admin)
    except UserExistsError:
        return None  # Another process was starting at the same time.
    return None if given_password else password


def _fold(name: str) -> str:
    # No store tells names apart that this makes equal, else a name's every spelling would have tries of its own.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
