"""Users in SQLite."""

from __future__ import annotations

from typing import Any

import apsw

from adapters.stores.folding import fold
from adapters.stores.sqlite.database import Database
from adapters.stores.sqlite.row import from_micros, to_micros
from domain.errors import UserExistsError, UserNotFoundError
from domain.user import Role, User

_USER = "SELECT id, name, password_hash, roles, created_at, is_disabled FROM users"
_TAKEN = "SELECT EXISTS (SELECT 1 FROM users WHERE folded_name = ? AND id <> ?)"
_ADD = """
INSERT INTO users (id, name, folded_name, password_hash, roles, created_at, is_disabled) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_SAVE = """
UPDATE users SET name = ?2, folded_name = ?3, password_hash = ?4, roles = ?5, created_at = ?6, is_disabled = ?7
WHERE id = ?1
"""


class SqliteUserStore:
    """`UserStore` in SQLite; two names that differ only in case are one name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User) -> None:
        """Keep a new user."""

        def add(db: apsw.Connection) -> None:
            if db.execute("SELECT EXISTS (SELECT 1 FROM users WHERE id = ?)", (user.id,)).get:
                raise UserExistsError("There is a user of that id already.")
            _check_name(db, user)
            db.execute(_ADD, _from_user(user))

        await self._database.write(add)

    async def find(self, name: str) -> User:
        """Return a user by name."""
        return await self._find("folded_name = ?", fold(name), "There is no user of that name.")

    async def get(self, user_id: str) -> User:
        """Return a user by id."""
        return await self._find("id = ?", user_id, "There is no user of that id.")

    async def list(self) -> tuple[User, ...]:
        """Return all by name."""
        sql = f"{_USER} ORDER BY folded_name"
        return await self._database.read(lambda db: tuple(_to_user(row) for row in db.execute(sql)))

    async def save(self, user: User) -> None:
        """Replace a user.

        Raises:
            UserNotFoundError: There is none of that id.
            UserExistsError: The new name is somebody else's.
        """

        def save(db: apsw.Connection) -> None:
            _check_name(db, user)
            db.execute(_SAVE, _from_user(user))
            if db.changes() == 0:
                raise UserNotFoundError("There is no user of that id.")

        await self._database.write(save)

    async def _find(self, condition: str, value: str, message: str) -> User:
        row = await self._database.read(lambda db: db.execute(f"{_USER} WHERE {condition}", (value,)).fetchone())
        if row is None:
            raise UserNotFoundError(message)
        return _to_user(row)


def _check_name(db: apsw.Connection, user: User) -> None:
    if db.execute(_TAKEN, (fold(user.name), user.id)).get:
        raise UserExistsError("There is a user of that name already; pick another one.")


def _from_user(user: User) -> tuple[Any, ...]:
    roles = " ".join(sorted(user.roles))
    micros = to_micros(user.created_at)
    return (user.id, user.name, fold(user.name), user.password_hash, roles, micros, user.is_disabled)


def _to_user(row: tuple[Any, ...]) -> User:
    user_id, name, password_hash, roles, created_at, is_disabled = row
    return User(
        id=user_id,
        name=name,
        password_hash=password_hash,
        roles=frozenset(Role(role) for role in roles.split()),
        created_at=from_micros(created_at),
        is_disabled=bool(is_disabled),
    )
