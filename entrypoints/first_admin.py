"""The user whom the first start makes."""

from __future__ import annotations

from entrypoints.house import Core
from entrypoints.login import Passwords, ensure_admin
from entrypoints.settings import Settings, SettingsError


async def make_admin(settings: Settings, core: Core, passwords: Passwords) -> str | None:
    """Make the user admin where there is no user; return its password where that was made at random.

    Raises:
        SettingsError: Others can reach the service, and no password is given.
    """
    users = core.store.users
    if not settings.is_loopback and settings.admin_password is None and not await users.list():
        raise SettingsError(
            (
                f"HOST is {settings.host!r}, which others can reach, and there is no user yet; set "
                "GALLEY_ADMIN_PASSWORD for the first start.",
            )
        )
    return await ensure_admin(users, passwords, settings.admin_password, clock=core.clock)
