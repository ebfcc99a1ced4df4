"""Who may use the service, and who is asking."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class Role(StrEnum):
    """What somebody may do: authors their own runs, editors prompt sets too, admins users and all runs too."""

    AUTHOR = "author"
    EDITOR = "editor"
    ADMIN = "admin"


@frozen(kw_only=True)
class User:
    """Somebody with a password; `id` never changes, `name` is what they log in with."""

    id: str
    name: str
    password_hash: str
    roles: frozenset[Role]
    created_at: datetime
    is_disabled: bool = False


@frozen(kw_only=True)
class Principal:
    """Who is asking, as a verified access token says; `session` is the refresh family that it came from."""

    user_id: str
    name: str
    roles: frozenset[Role]
    session: str
    expires_at: datetime

    def has_role(self, role: Role) -> bool:
        """Whether the principal may act as `role`; an admin may act as any."""
        return role in self.roles or Role.ADMIN in self.roles


@frozen(kw_only=True)
class Session:
    """A refresh family: every refresh token that one log-in led to; `token_id` names the one that is still good."""

    id: str
    user_id: str
    token_id: str
    expires_at: datetime
