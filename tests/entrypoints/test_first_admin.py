"""The user whom the first start makes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.clock import START
from adapters.stores.memory.users import MemoryUserStore
from domain.errors import (
    InvalidRequestError,
)
from domain.user import Role
from entrypoints.login import ensure_admin
from tests.entrypoints.login_rig import PASSWORD, Rig, open_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with open_rig() as rig:
        yield rig


async def test_the_first_start_makes_an_admin_whose_password_is_told_once(rig: Rig) -> None:
    users = MemoryUserStore()

    told = [await ensure_admin(users, rig.passwords, None, clock=rig.clock) for _ in range(2)]

    (admin,) = await users.list()
    assert told[0] is not None
    assert told[1] is None
    assert (admin.name, admin.roles, admin.created_at) == ("admin", frozenset({Role.ADMIN}), START)
    assert await rig.passwords.verify(admin.password_hash, told[0])


async def test_a_given_admin_password_is_not_told_back(rig: Rig) -> None:
    users = MemoryUserStore()

    told = await ensure_admin(users, rig.passwords, PASSWORD, clock=rig.clock)

    assert told is None
    assert await rig.passwords.verify((await users.find("admin")).password_hash, PASSWORD)


async def test_where_there_are_users_no_admin_is_made(rig: Rig) -> None:
    assert await ensure_admin(rig.users, rig.passwords, PASSWORD, clock=rig.clock) is None
    assert await rig.users.list() == (rig.user,)


async def test_a_weak_admin_password_is_refused(rig: Rig) -> None:
    users = MemoryUserStore()

    with pytest.raises(InvalidRequestError):
        await ensure_admin(users, rig.passwords, "short", clock=rig.clock)
    assert await users.list() == ()


async def test_processes_that_start_together_make_one_admin(rig: Rig) -> None:
    users = MemoryUserStore()

    told = await asyncio.gather(*(ensure_admin(users, rig.passwords, None, clock=rig.clock) for _ in range(5)))

    (admin,) = await users.list()
    passwords = [password for password in told if password is not None]
    assert len(passwords) == 1
    assert await rig.passwords.verify(admin.password_hash, passwords[0])
