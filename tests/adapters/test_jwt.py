"""What is peculiar to tokens that are JWTs: what is signed with our key is not yet ours."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from quart import Quart, current_app

from adapters.auth.jwt import JwtAuthenticator
from adapters.auth.keys import SigningKeys, parse_keys
from adapters.clock import ManualClock
from domain.errors import AuthError, ExpiredTokenError, InvalidTokenError
from tests.tokens import (
    ACCESS_SECONDS,
    GOOD,
    KEY,
    KEYS,
    NOT_OURS,
    NOW,
    OLD_KEY,
    OLD_KID,
    REFRESH,
    REFRESH_HEADER,
    SESSION,
    USER,
    forge,
    make_authenticator,
)

ROOT = Path(__file__).parents[2]


async def test_the_token_that_the_corpus_starts_from_is_good() -> None:
    assert (await make_authenticator().verify(GOOD)).user_id == USER.id


async def test_the_refresh_token_that_the_corpus_starts_from_is_good() -> None:
    assert await make_authenticator().read_refresh(forge(header=REFRESH_HEADER, base=REFRESH)) == (
        SESSION.id,
        SESSION.token_id,
    )


@pytest.mark.parametrize("name", NOT_OURS)
async def test_a_token_is_not_ours_with(name: str) -> None:
    with pytest.raises(InvalidTokenError):
        await make_authenticator().verify(NOT_OURS[name])


@pytest.mark.parametrize("claim", REFRESH)
async def test_a_refresh_token_is_not_ours_without(claim: str) -> None:
    with pytest.raises(InvalidTokenError):
        await make_authenticator().read_refresh(forge(header=REFRESH_HEADER, base=REFRESH, without=claim))


async def test_a_token_that_has_expired_says_so() -> None:
    for exp in (NOW, NOW - 1, 0):
        with pytest.raises(ExpiredTokenError):
            await make_authenticator().verify(forge({"exp": exp}))


async def test_a_token_that_has_expired_and_is_not_ours_is_not_ours() -> None:
    with pytest.raises(InvalidTokenError):
        await make_authenticator().verify(forge({"exp": NOW - 1}, key=OLD_KEY))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_the_clock_of_who_minted_may_be_a_minute_ahead(claim: str) -> None:
    assert (await make_authenticator().verify(forge({claim: NOW + 60}))).user_id == USER.id


@given(
    claim=st.sampled_from(["exp", "iat", "nbf"]),
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.lists(st.integers(), max_size=2),
        st.integers(NOW - 2000, NOW + 2000),
        st.integers(NOW - 2000, NOW + 2000).map(float),
    ),
)
@settings(max_examples=300, deadline=None)
async def test_only_whole_seconds_within_reason_are_a_time(claim: str, value: object) -> None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    is_sound = is_whole and (NOW < value <= NOW + ACCESS_SECONDS + 60 if claim == "exp" else 0 <= value <= NOW + 60)
    try:
        await make_authenticator().verify(forge({claim: value}))
    except AuthError:
        assert not is_sound
    else:
        assert is_sound


@pytest.mark.parametrize("year", [1990, 2400])
async def test_only_the_clock_decides_what_time_it_is(year: int) -> None:
    clock = ManualClock(datetime(year, 1, 1, tzinfo=UTC))
    session = evolve(SESSION, expires_at=clock.now() + timedelta(days=30))
    authenticator = make_authenticator(clock)

    access, refresh = authenticator.mint(USER, session)

    assert (await authenticator.verify(access)).expires_at == clock.now() + timedelta(seconds=ACCESS_SECONDS)
    assert await authenticator.read_refresh(refresh) == (session.id, session.token_id)


async def test_a_replaced_key_still_verifies_but_does_not_sign() -> None:
    before, after = SigningKeys(current=OLD_KID, keys=KEYS.keys), KEYS
    old, _ = _of(before).mint(USER, SESSION)
    new, _ = _of(after).mint(USER, SESSION)

    assert (await _of(after).verify(old)).user_id == USER.id
    assert (await _of(before).verify(new)).user_id == USER.id
    assert (await _of(parse_keys(KEY)).verify(new)).user_id == USER.id
    with pytest.raises(InvalidTokenError):
        await _of(parse_keys(KEY)).verify(old)


async def test_another_services_tokens_are_not_ours_under_the_same_key() -> None:
    for other in ({"issuer": "other"}, {"audience": "other"}):
        token, _ = _of(KEYS, **other).mint(USER, SESSION)

        with pytest.raises(InvalidTokenError):
            await make_authenticator().verify(token)


async def test_no_more_tokens_are_remembered_than_allowed() -> None:
    authenticator = _of(KEYS, remembered=2)
    tokens = [forge({"jti": str(number)}) for number in range(4)]

    names = [(await authenticator.verify(token)).name for token in tokens * 2]

    assert names == [USER.name] * 8
    assert len(authenticator._remembered) == 2


async def test_a_remembered_token_expires_too() -> None:
    clock = ManualClock()
    authenticator = make_authenticator(clock)
    await authenticator.verify(GOOD)

    await clock.advance(ACCESS_SECONDS)

    with pytest.raises(ExpiredTokenError):
        await authenticator.verify(GOOD)


async def test_the_served_app_stays_current_and_untouched() -> None:
    served = Quart("served")
    authenticator = make_authenticator()

    async with served.app_context():
        await authenticator.verify(GOOD)
        assert current_app._get_current_object() is served  # type: ignore[attr-defined]

    assert served.extensions == {}
    assert not [name for name in served.config if name.startswith("JWT")]


def test_nothing_else_imports_the_library() -> None:
    modules = [module for folder in ("domain", "adapters", "entrypoints") for module in (ROOT / folder).rglob("*.py")]

    importers = [module.name for module in modules if "quart_jwt_extended import" in module.read_text(encoding="utf-8")]

    assert importers == ["jwt.py"]


def test_it_imports_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-c", "import adapters.auth.jwt"]

    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def _of(keys: SigningKeys, **options: Any) -> JwtAuthenticator:
    async def is_revoked(_: str) -> bool:
        return False

    return JwtAuthenticator(keys, clock=ManualClock(), is_revoked=is_revoked, access_seconds=ACCESS_SECONDS, **options)
