"""The laws of the Authenticator port."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.clock import START, ManualClock
from domain.errors import AuthError, ExpiredTokenError, InvalidTokenError, RevokedTokenError
from domain.ports import Authenticator
from domain.user import Principal
from tests.tokens import ACCESS_SECONDS, SESSION, USER, make_authenticator

ANY_TEXT = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class AuthenticatorContract:
    """A subclass gives an authenticator of `clock`, of 900 s and of the sessions in `revoked`."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def revoked(self) -> set[str]:
        return set()

    async def test_an_access_token_speaks_for_its_user(self, authenticator: Authenticator) -> None:
        access, _ = authenticator.mint(USER, SESSION)

        assert await authenticator.verify(access) == Principal(
            user_id=USER.id,
            name=USER.name,
            roles=USER.roles,
            session=SESSION.id,
            expires_at=START + timedelta(seconds=ACCESS_SECONDS),
        )

    async def test_a_refresh_token_names_session_and_token(self, authenticator: Authenticator) -> None:
        _, refresh = authenticator.mint(USER, SESSION)

        assert await authenticator.read_refresh(refresh) == (SESSION.id, SESSION.token_id)

    async def test_neither_kind_serves_as_the_other(self, authenticator: Authenticator) -> None:
        access, refresh = authenticator.mint(USER, SESSION)

        with pytest.raises(InvalidTokenError):
            await authenticator.verify(refresh)
        with pytest.raises(InvalidTokenError):
            await authenticator.read_refresh(access)

    async def test_an_access_token_is_good_until_its_last_second(
        self, authenticator: Authenticator, clock: ManualClock
    ) -> None:
        access, _ = authenticator.mint(USER, SESSION)

        await clock.advance(ACCESS_SECONDS - 1)
        assert (await authenticator.verify(access)).name == USER.name
        await clock.advance(1)
        with pytest.raises(ExpiredTokenError):
            await authenticator.verify(access)

    async def test_a_refresh_token_is_good_as_long_as_its_session(
        self, authenticator: Authenticator, clock: ManualClock
    ) -> None:
        _, refresh = authenticator.mint(USER, SESSION)

        await clock.advance((SESSION.expires_at - START).total_seconds() - 1)
        assert await authenticator.read_refresh(refresh) == (SESSION.id, SESSION.token_id)
        await clock.advance(1)
        with pytest.raises(ExpiredTokenError):
            await authenticator.read_refresh(refresh)

    async def test_an_access_token_does_not_outlive_its_session(self, authenticator: Authenticator) -> None:
        short = evolve(SESSION, expires_at=START + timedelta(seconds=10))

        access, _ = authenticator.mint(USER, short)

        assert (await authenticator.verify(access)).expires_at == short.expires_at

    async def test_an_ended_session_takes_its_access_tokens_along(
        self, authenticator: Authenticator, revoked: set[str]
    ) -> None:
        access, _ = authenticator.mint(USER, SESSION)
        await authenticator.verify(access)

        revoked.add(SESSION.id)

        with pytest.raises(RevokedTokenError):
            await authenticator.verify(access)

    async def test_an_expired_token_of_an_ended_session_is_expired(
        self, authenticator: Authenticator, revoked: set[str], clock: ManualClock
    ) -> None:
        access, _ = authenticator.mint(USER, SESSION)

        revoked.add(SESSION.id)
        await clock.advance(ACCESS_SECONDS)

        with pytest.raises(ExpiredTokenError):
            await authenticator.verify(access)

    async def test_no_two_tokens_are_the_same(self, authenticator: Authenticator) -> None:
        tokens = {token for _ in range(100) for token in authenticator.mint(USER, SESSION)[:1]}

        assert len(tokens) == 100

    @given(place=st.integers(0, 10_000), replacement=st.characters(codec="ascii"))
    @ANY_TEXT
    async def test_a_changed_token_is_not_ours(
        self, authenticator: Authenticator, place: int, replacement: str
    ) -> None:
        access, refresh = authenticator.mint(USER, SESSION)
        for token, read in ((access, authenticator.verify), (refresh, authenticator.read_refresh)):
            at = place % len(token)
            changed = token[:at] + replacement + token[at + 1 :]
            if changed == token:
                continue
            with pytest.raises(InvalidTokenError):
                await read(changed)

    @given(text=st.text())
    @ANY_TEXT
    async def test_any_other_text_is_not_ours(self, authenticator: Authenticator, text: str) -> None:
        for read in (authenticator.verify, authenticator.read_refresh):
            with pytest.raises(AuthError) as refused:
                await read(text)
            assert type(refused.value) is InvalidTokenError


class TestJwtAuthenticator(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self, clock: ManualClock, revoked: set[str]) -> Authenticator:
        return make_authenticator(clock, revoked=revoked)
