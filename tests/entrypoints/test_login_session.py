"""Staying logged in and logging out: each refresh token is good once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from attrs import evolve

from adapters.stores.memory.users import MemorySessionStore
from domain.errors import (
    AuthError,
    InvalidTokenError,
    RevokedTokenError,
)
from domain.user import Role, Session
from entrypoints.login import TokenPair
from tests.entrypoints.login_rig import HOME, PASSWORD, Rig, make_login, open_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with open_rig() as rig:
        yield rig


async def test_every_log_in_is_a_session_of_its_own(rig: Rig) -> None:
    first, second = await rig.enter(), await rig.enter()
    principal = await rig.authenticator.verify(first.access_token)

    await rig.login.log_out(principal.session)

    with pytest.raises(RevokedTokenError):
        await rig.authenticator.verify(first.access_token)
    with pytest.raises(RevokedTokenError):
        await rig.login.refresh(first.refresh_token)
    assert (await rig.authenticator.verify(second.access_token)).name == "ada"


async def test_a_refresh_gives_a_new_pair_of_the_same_session(rig: Rig) -> None:
    first = await rig.enter()
    await rig.clock.advance(1000)

    second = await rig.login.refresh(first.refresh_token)

    session_id, first_id = await rig.authenticator.read_refresh(first.refresh_token)
    same_session, second_id = await rig.authenticator.read_refresh(second.refresh_token)
    assert (same_session == session_id, second_id == first_id) == (True, False)
    assert (await rig.authenticator.verify(second.access_token)).session == session_id
    assert second.refresh_seconds == 30 * 86_400 - 1000


async def test_a_refresh_token_that_is_used_again_ends_the_session(rig: Rig) -> None:
    first = await rig.enter()
    second = await rig.login.refresh(first.refresh_token)

    for token in (first.refresh_token, second.refresh_token):
        with pytest.raises(RevokedTokenError):
            await rig.login.refresh(token)
    with pytest.raises(RevokedTokenError):
        await rig.authenticator.verify(second.access_token)


async def test_of_fifty_refreshes_with_one_token_one_wins_and_the_session_ends(rig: Rig) -> None:
    pair = await rig.enter()

    outcomes = await asyncio.gather(*(rig.login.refresh(pair.refresh_token) for _ in range(50)), return_exceptions=True)

    won = [outcome for outcome in outcomes if isinstance(outcome, TokenPair)]
    assert (len(won), {type(outcome) for outcome in outcomes} - {TokenPair}) == (1, {RevokedTokenError})
    with pytest.raises(RevokedTokenError):
        await rig.login.refresh(won[0].refresh_token)


async def test_a_refresh_brings_the_name_and_roles_of_now(rig: Rig) -> None:
    pair = await rig.enter()
    await rig.users.save(evolve(rig.user, name="ada.lovelace", roles=frozenset({Role.ADMIN})))

    renewed = await rig.login.refresh(pair.refresh_token)

    principal = await rig.authenticator.verify(renewed.access_token)
    assert (principal.name, principal.roles) == ("ada.lovelace", frozenset({Role.ADMIN}))


async def test_an_access_token_does_not_refresh(rig: Rig) -> None:
    pair = await rig.enter()

    with pytest.raises(InvalidTokenError):
        await rig.login.refresh(pair.access_token)


async def test_refreshing_does_not_prolong_a_session(rig: Rig) -> None:
    pair = await rig.enter()
    await rig.clock.advance(30 * 86_400 - 100)

    last = await rig.login.refresh(pair.refresh_token)

    assert (last.expires_in, last.refresh_seconds) == (100, 100)
    await rig.clock.advance(100)
    with pytest.raises(AuthError):
        await rig.login.refresh(last.refresh_token)


async def test_a_disabled_user_can_not_refresh_and_the_session_ends(rig: Rig) -> None:
    pair = await rig.enter()
    await rig.disable()

    with pytest.raises(RevokedTokenError):
        await rig.login.refresh(pair.refresh_token)
    with pytest.raises(RevokedTokenError):
        await rig.authenticator.verify(pair.access_token)


async def test_a_user_disabled_while_logging_in_does_not_slip_through(rig: Rig) -> None:
    class DisablingSessionStore(MemorySessionStore):
        """Disables the user at the last moment before the session starts."""

        async def start(self, session: Session) -> None:
            await rig.disable()
            await super().start(session)

    sessions = DisablingSessionStore(rig.clock)

    with pytest.raises(RevokedTokenError):
        await make_login(rig, sessions=sessions).log_in("ada", PASSWORD, HOME)
    assert sessions._sessions == {}


async def test_a_refresh_token_logs_out_even_when_it_was_used(rig: Rig) -> None:
    first = await rig.enter()
    second = await rig.login.refresh(first.refresh_token)

    await rig.login.log_out_with(first.refresh_token)

    with pytest.raises(RevokedTokenError):
        await rig.authenticator.verify(second.access_token)


async def test_logging_out_of_a_session_that_is_over_is_no_fault(rig: Rig) -> None:
    pair = await rig.enter()
    await rig.login.log_out_with(pair.refresh_token)
    await rig.login.log_out_with(pair.refresh_token)

    await rig.clock.advance(30 * 86_400)

    await rig.login.log_out_with(pair.refresh_token)


async def test_an_access_token_is_no_refresh_token_to_log_out_with(rig: Rig) -> None:
    pair = await rig.enter()

    with pytest.raises(InvalidTokenError):
        await rig.login.log_out_with(pair.access_token)
