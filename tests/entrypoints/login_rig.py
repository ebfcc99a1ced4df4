"""A log-in over the memory store and real hashes that cost little, with one user, `ada`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, evolve, field

from adapters.auth.jwt import JwtAuthenticator
from adapters.auth.passwords import Argon2Passwords
from adapters.auth.sessions import CachedSessionStore
from adapters.clock import ManualClock
from adapters.stores.memory.users import MemorySessionStore, MemoryUserStore
from domain.errors import AuthError
from domain.user import User
from entrypoints.login import Login, TokenPair
from tests.tokens import ACCESS_SECONDS, KEYS, USER

PASSWORD = "correct horse battery"
HOME = "192.0.2.1"


@define
class CountedPasswords:
    """Argon2 with small parameters, and what it was asked to verify."""

    argon2: Argon2Passwords
    verified: list[str | None] = field(factory=list)

    async def hash(self, password: str) -> str:
        return await self.argon2.hash(password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.verified.append(password_hash)
        return await self.argon2.verify(password_hash, password)

    def needs_rehash(self, password_hash: str) -> bool:
        return self.argon2.needs_rehash(password_hash)


@define
class Rig:
    """The log-in and everything that it is made of."""

    login: Login
    users: MemoryUserStore
    sessions: CachedSessionStore
    authenticator: JwtAuthenticator
    passwords: CountedPasswords
    clock: ManualClock
    user: User

    async def enter(self, name: str = "ada", password: str = PASSWORD, address: str = HOME) -> TokenPair:
        return await self.login.log_in(name, password, address)

    async def outcome(self, name: str, password: str = PASSWORD, address: str = HOME) -> tuple[type, str]:
        try:
            await self.enter(name, password, address)
        except AuthError as error:
            return type(error), error.message
        return TokenPair, ""

    async def disable(self) -> None:
        await self.users.save(evolve(await self.users.get(self.user.id), is_disabled=True))


@asynccontextmanager
async def open_rig() -> AsyncIterator[Rig]:
    """Make the log-in and its user."""
    with Argon2Passwords(memory_kib=8, passes=1) as argon2:
        clock, users, passwords = ManualClock(), MemoryUserStore(), CountedPasswords(argon2)
        sessions = CachedSessionStore(MemorySessionStore(clock), clock)
        authenticator = JwtAuthenticator(
            KEYS, clock=clock, is_revoked=sessions.is_revoked, access_seconds=ACCESS_SECONDS
        )
        user = evolve(USER, password_hash=await argon2.hash(PASSWORD))
        await users.add(user)
        login = Login(
            users=users,
            sessions=sessions,
            authenticator=authenticator,
            passwords=passwords,
            clock=clock,
            access_seconds=ACCESS_SECONDS,
            refresh_days=30,
        )
        yield Rig(login, users, sessions, authenticator, passwords, clock, user)


def make_login(rig: Rig, **others: Any) -> Login:
    """Return a log-in of the rig's parts, with others in their place."""
    parts = {name: getattr(rig, name) for name in ("users", "sessions", "authenticator", "passwords", "clock")}
    return Login(**(parts | others))
