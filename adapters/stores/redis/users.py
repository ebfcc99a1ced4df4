"""Users in Redis."""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.stores.folding import fold
from adapters.stores.redis.packing import Packable, to_bytes, to_microseconds, to_text, to_time
from adapters.stores.redis.server import Server
from adapters.stores.repeatable import repeatable
from domain.errors import UserExistsError, UserNotFoundError
from domain.user import Role, User


class RedisUserStore:
    """`UserStore` in Redis; two names that differ only in case are one name."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def add(self, user: User) -> None:
        """Keep a new user.

        Raises:
            AckLostError: Unknown: look whether the user is there.
        """
        _check(await self._server.run("users", "add", user.id, fold(user.name), _from_user(user)))

    async def find(self, name: str) -> User:
        """Return a user by name."""
        return _found(await self._ask("find", fold(name)), "name")

    async def get(self, user_id: str) -> User:
        """Return a user by id."""
        return _found(await self._ask("get", user_id), "id")

    async def list(self) -> tuple[User, ...]:
        """Return all by name."""
        users = [_to_user(row) for row in await self._ask("list")]
        return tuple(sorted(users, key=lambda user: fold(user.name)))

    async def save(self, user: User) -> None:
        """Replace a user.

        Raises:
            UserNotFoundError: There is none of that id.
            UserExistsError: The new name is somebody else's.
        """
        _check(await self._ask("save", user.id, fold(user.name), _from_user(user)))

    async def _ask(self, what: str, *given: Packable) -> Any:
        with repeatable():
            return await self._server.run("users", what, *given)


def _check(outcome: bytes) -> None:
    match outcome:
        case b"id":
            raise UserExistsError("There is a user of that id already.")
        case b"name":
            raise UserExistsError("There is a user of that name already; pick another one.")
        case b"none":
            raise UserNotFoundError("There is no user of that id.")


def _found(row: bytes | None, by: str) -> User:
    if row is None:
        raise UserNotFoundError(f"There is no user of that {by}.")
    return _to_user(row)


def _from_user(user: User) -> bytes:
    # Names as bytes: JSON's texts hold no halves of characters.
    return msgspec.msgpack.encode(
        (
            *(to_bytes(user.id), to_bytes(user.name), user.password_hash, sorted(user.roles)),
            *(to_microseconds(user.created_at), user.is_disabled),
        )
    )


def _to_user(row: bytes) -> User:
    user_id, name, password_hash, roles, created_at, is_disabled = msgspec.msgpack.decode(row)
    return User(
        id=to_text(user_id),
        name=to_text(name),
        password_hash=password_hash,
        roles=frozenset(Role(role) for role in roles),
        created_at=to_time(created_at),
        is_disabled=is_disabled,
    )
