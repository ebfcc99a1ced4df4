"""Users in PostgreSQL."""

from __future__ import annotations

from typing import Any

import asyncpg

from adapters.stores.folding import fold
from adapters.stores.postgresql.database import Database
from adapters.stores.repeatable import repeatable
from domain.errors import UserExistsError, UserNotFoundError
from domain.user import Role, User

_USER = "SELECT id, name, password_hash, roles, created_at, is_disabled FROM users"
_ADD = """
INSERT INTO users (id, name, folded_name, password_hash, roles, created_at, is_disabled)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_SAVE = """
UPDATE users SET name = $2, folded_name = $3, password_hash = $4, roles = $5, created_at = $6, is_disabled = $7
WHERE id = $1 RETURNING id
"""


class PostgresqlUserStore:
    """`UserStore` in PostgreSQL; two names that differ only in case are one name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User) -> None:
        """Keep a new user.

        Raises:
            AckLostError: Unknown: look whether the user is there.
        """
        try:
            await self._database.write(_ADD, *_from_user(user))
        except asyncpg.UniqueViolationError as error:
            raise _exists(error) from error

    async def find(self, name: str) -> User:
        """Return a user by name."""
        rows = await self._database.read(f"{_USER} WHERE folded_name = $1", fold(name))
        if not rows:
            raise UserNotFoundError("There is no user of that name.")
        return _to_user(rows[0])

    async def get(self, user_id: str) -> User:
        """Return a user by id."""
        rows = await self._database.read(f"{_USER} WHERE id = $1", user_id)
        if not rows:
            raise UserNotFoundError("There is no user of that id.")
        return _to_user(rows[0])

    async def list(self) -> tuple[User, ...]:
        """Return all by name."""
        return tuple(_to_user(row) for row in await self._database.read(f"{_USER} ORDER BY folded_name"))

    async def save(self, user: User) -> None:
        """Replace a user.

        Raises:
            UserNotFoundError: There is none of that id.
            UserExistsError: The new name is somebody else's.
        """
        try:
            with repeatable():
                rows = await self._database.write(_SAVE, *_from_user(user))
        except asyncpg.UniqueViolationError as error:
            raise _exists(error) from error
        if not rows:
            raise UserNotFoundError("There is no user of that id.")


def _exists(error: asyncpg.UniqueViolationError) -> UserExistsError:
    if error.constraint_name == "users_pkey":
        return UserExistsError("There is a user of that id already.")
    return UserExistsError("There is a user of that name already; pick another one.")


def _from_user(user: User) -> tuple[object, ...]:
    roles = " ".join(sorted(user.roles))
    return (user.id, user.name, fold(user.name), user.password_hash, roles, user.created_at, user.is_disabled)


def _to_user(row: Any) -> User:
    return User(
        id=row["id"],
        name=row["name"],
        password_hash=row["password_hash"],
        roles=frozenset(Role(role) for role in row["roles"].split()),
        created_at=row["created_at"],
        is_disabled=row["is_disabled"],
    )
