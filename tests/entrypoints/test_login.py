"""Who gets in with a password, and how often they may try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from attrs import define, evolve

from adapters.auth.passwords import Argon2Passwords
from adapters.clock import START
from domain.errors import (
    InvalidCredentialsError,
    RevokedTokenError,
    TooManyAttemptsError,
)
from domain.user import Principal
from entrypoints.login import TokenPair
from tests.entrypoints.login_rig import HOME, PASSWORD, CountedPasswords, Rig, make_login, open_rig
from tests.tokens import ACCESS_SECONDS, USER


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with open_rig() as rig:
        yield rig


async def test_a_log_in_gives_tokens_that_speak_for_the_user(rig: Rig) -> None:
    pair = await rig.enter()

    principal = await rig.authenticator.verify(pair.access_token)
    session_id, _ = await rig.authenticator.read_refresh(pair.refresh_token)
    assert (pair.expires_in, pair.refresh_seconds) == (ACCESS_SECONDS, 30 * 86_400)
    assert principal == Principal(
        user_id=rig.user.id,
        name="ada",
        roles=rig.user.roles,
        session=session_id,
        expires_at=START + timedelta(seconds=ACCESS_SECONDS),
    )


async def test_wrong_unknown_and_disabled_can_not_be_told_apart(rig: Rig) -> None:
    disabled = evolve(USER, id="2", name="bob", password_hash=await rig.passwords.hash(PASSWORD), is_disabled=True)
    await rig.users.add(disabled)

    outcomes = [await rig.outcome("ada", "wrong password"), await rig.outcome("eve"), await rig.outcome("bob")]

    assert outcomes == [(InvalidCredentialsError, "User name and password don't match.")] * 3


async def test_every_log_in_does_the_work_of_one_hash(rig: Rig) -> None:
    for name, password in (("ada", PASSWORD), ("ada", "wrong password"), ("eve", PASSWORD)):
        await rig.outcome(name, password)

    assert rig.passwords.verified == [rig.user.password_hash, rig.user.password_hash, None]


async def test_the_eleventh_failed_log_in_of_a_minute_is_refused_with_the_right_password_too(rig: Rig) -> None:
    for number in range(10):
        assert (await rig.outcome("ada", "wrong password", f"192.0.2.{number}"))[0] is InvalidCredentialsError

    with pytest.raises(TooManyAttemptsError) as refused:
        await rig.enter(address="198.51.100.1")
    assert refused.value.retry_after == 60
    assert len(rig.passwords.verified) == 10

    await rig.clock.advance(60)
    await rig.enter()


async def test_an_unknown_name_is_throttled_as_a_known_one(rig: Rig) -> None:
    for number in range(10):
        await rig.outcome("eve", address=f"192.0.2.{number}")

    assert (await rig.outcome("eve", address="198.51.100.1"))[0] is TooManyAttemptsError


async def test_another_spelling_of_a_name_gives_no_more_tries(rig: Rig) -> None:
    for number, name in enumerate(("ada", "ADA", "Ada", "aDa", "\uff41da") * 2):
        assert (await rig.outcome(name, "wrong password", f"192.0.2.{number}"))[0] is InvalidCredentialsError

    assert (await rig.outcome("adA", address="198.51.100.1"))[0] is TooManyAttemptsError


async def test_one_address_can_not_try_many_names(rig: Rig) -> None:
    for number in range(10):
        await rig.outcome(f"user{number}", address="2001:db8::1")

    assert (await rig.outcome("ada", address="2001:db8::2"))[0] is TooManyAttemptsError
    assert (await rig.outcome("ada", address=HOME))[0] is TokenPair


async def test_a_crowd_guessing_at_once_gets_ten_guesses(rig: Rig) -> None:
    outcomes = await asyncio.gather(*(rig.outcome("ada", f"wrong password {number}") for number in range(100)))

    kinds = [kind for kind, _ in outcomes]
    assert (kinds.count(InvalidCredentialsError), kinds.count(TooManyAttemptsError)) == (10, 90)


async def test_a_crowd_with_the_right_passwords_gets_in_from_one_address(rig: Rig) -> None:
    outcomes = await asyncio.gather(*(rig.outcome("ada") for _ in range(200)))

    assert {kind for kind, _ in outcomes} == {TokenPair}


async def test_a_hash_made_in_another_way_is_made_again_at_log_in(rig: Rig) -> None:
    with Argon2Passwords(memory_kib=16, passes=1) as older:
        await rig.users.save(evolve(rig.user, password_hash=await older.hash(PASSWORD)))

    await rig.enter()

    assert not rig.passwords.needs_rehash((await rig.users.get(rig.user.id)).password_hash)
    await rig.enter()


async def test_making_a_hash_again_does_not_undo_what_happened_meanwhile(rig: Rig) -> None:
    @define
    class LockingPasswords(CountedPasswords):
        """Changes the user while the new hash is made."""

        async def hash(self, password: str) -> str:
            await rig.users.save(evolve(rig.user, password_hash="changed", is_disabled=True))
            return await super().hash(password)

    with Argon2Passwords(memory_kib=16, passes=1) as newer, pytest.raises(RevokedTokenError):
        await make_login(rig, passwords=LockingPasswords(newer)).log_in("ada", PASSWORD, HOME)

    assert await rig.users.get(rig.user.id) == evolve(rig.user, password_hash="changed", is_disabled=True)
