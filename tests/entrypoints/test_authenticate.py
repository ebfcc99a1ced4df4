"""Who gets to a view: with which header, which token and which role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from domain.errors import InvalidTokenError, MissingTokenError
from domain.user import Role
from entrypoints.http.authenticate import read_bearer
from entrypoints.http.origin import is_own_origin
from tests.entrypoints.auth_app import AuthApp, open_auth_app
from tests.tokens import ACCESS_SECONDS, GOOD, NOT_OURS, SESSION, USER

REALM = 'Bearer realm="galley"'
SENDABLE = [name for name, token in NOT_OURS.items() if token.isascii() and token.isprintable() and " " not in token]
MALFORMED = {
    "nothing": "",
    "a space": " ",
    "a comma": ",",
    "a comma before": f",Bearer {GOOD}",
    "a comma after": f"Bearer {GOOD}, ",
    "two in one": f"Bearer {GOOD}, Bearer {GOOD}",
    "the scheme alone": "Bearer",
    "the scheme and a space": "Bearer ",
    "no scheme": GOOD,
    "no space": f"Bearer{GOOD}",
    "a tab": f"Bearer\t{GOOD}",
    "another scheme": "Basic YWRhOnNlY3JldA==",
    "another scheme with our token": f"Token {GOOD}",
    "a scheme that only looks the same": f"Béarer {GOOD}",
    "a space after": f"Bearer {GOOD} ",
    "a word after": f"Bearer {GOOD} x",
    "quotes": f'Bearer "{GOOD}"',
    "one part": "Bearer abc",
    "two parts": "Bearer abc.def",
    "four parts": f"Bearer {GOOD}.x",
    "empty parts": "Bearer ..",
    "no signature": f"Bearer {GOOD.rpartition('.')[0]}.",
    "percent signs": "Bearer %20.%20.%20",
    "letters beyond ASCII": "Bearer a.b.\xff",
    "too much": "Bearer a.b." + "c" * 8192,
}


@pytest.fixture
async def auth() -> AsyncIterator[AuthApp]:
    async with open_auth_app() as auth:
        await auth.services.sessions.start(SESSION)
        yield auth


@pytest.mark.parametrize("header", [f"Bearer {GOOD}", f"bearer {GOOD}", f"BEARER {GOOD}", f"Bearer   {GOOD}"])
def test_the_scheme_is_read_in_any_case(header: str) -> None:
    assert read_bearer(Headers({"Authorization": header})) == GOOD


@pytest.mark.parametrize("name", MALFORMED)
def test_a_header_is_refused_that_has(name: str) -> None:
    with pytest.raises(InvalidTokenError):
        read_bearer(Headers({"Authorization": MALFORMED[name]}))


def test_no_header_is_a_missing_token() -> None:
    with pytest.raises(MissingTokenError):
        read_bearer(Headers({"Cookie": f"access_token={GOOD}"}))


def test_two_headers_are_refused_even_when_they_are_the_same() -> None:
    with pytest.raises(InvalidTokenError):
        read_bearer(Headers([("Authorization", f"Bearer {GOOD}")] * 2))


@given(value=st.text(st.characters(codec="latin-1"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_header_is_a_fault_of_ours(value: str) -> None:
    headers = Headers()
    headers._list.append(("Authorization", value))  # type: ignore[attr-defined]  # what a server may hand over
    try:
        token = read_bearer(headers)
    except InvalidTokenError:
        return
    assert token.count(".") == 2


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/public", None, 200),
        ("/user", None, 401),
        ("/ticket", None, 401),
        ("/editor", None, 401),
        ("/admin", None, 401),
        ("/unmarked", None, 500),
        ("/nowhere", None, 404),
        ("/public", Role.AUTHOR, 200),
        ("/user", Role.AUTHOR, 200),
        ("/ticket", Role.AUTHOR, 200),
        ("/editor", Role.AUTHOR, 403),
        ("/admin", Role.AUTHOR, 403),
        ("/unmarked", Role.ADMIN, 500),
        ("/editor", Role.EDITOR, 200),
        ("/admin", Role.EDITOR, 403),
        ("/editor", Role.ADMIN, 200),
        ("/admin", Role.ADMIN, 200),
    ],
)
async def test_a_route_lets_in_whom_its_access_names(auth: AuthApp, path: str, role: Role | None, status: int) -> None:
    user = evolve(USER, roles=frozenset({role} if role else ()))
    headers = {"Authorization": f"Bearer {auth.services.authenticator.mint(user, SESSION)[0]}"} if role else {}

    answer = await auth.app.test_client().get(path, headers=headers)

    assert (answer.status_code, await answer.get_data() == b"reached") == (status, status == 200)


async def test_a_ticket_that_is_not_ours_opens_nothing_and_mends_no_bad_header(auth: AuthApp) -> None:
    client = auth.app.test_client()

    alone = await client.get("/ticket?ticket=x")
    beside = await client.get("/ticket?ticket=x", headers={"Authorization": "Bearer a.b.c"})
    elsewhere = await client.get("/user?ticket=x")

    assert [answer.status_code for answer in (alone, beside, elsewhere)] == [401, 401, 401]


@pytest.mark.parametrize("path", ["/user", "/ticket", "/editor", "/admin", "/auth/me"])
async def test_no_route_lets_a_token_in_that_is_not_ours(auth: AuthApp, path: str) -> None:
    client = auth.app.test_client()
    codes = {}
    for name in SENDABLE:
        answer = await client.get(path, headers={"Authorization": f"Bearer {NOT_OURS[name]}"})
        codes[name] = (answer.status_code, (await answer.get_json())["code"])

    assert codes == dict.fromkeys(SENDABLE, (401, "invalid_token"))


@pytest.mark.parametrize(
    ("headers", "code", "challenge"),
    [
        ({}, "missing_token", REALM),
        ({"Authorization": "Bearer x"}, "invalid_token", f'{REALM}, error="invalid_token"'),
    ],
)
async def test_a_401_says_how_to_do_it(auth: AuthApp, headers: dict[str, str], code: str, challenge: str) -> None:
    answer = await auth.app.test_client().get("/user", headers=headers)

    problem = await answer.get_json()
    assert (answer.status_code, problem["code"], answer.headers["WWW-Authenticate"]) == (401, code, challenge)
    assert "Authorization: Bearer" in problem["detail"]


async def test_a_good_token_counts_nowhere_but_in_the_header(auth: AuthApp) -> None:
    client = auth.app.test_client()
    client.set_cookie("localhost", "access_token", GOOD)

    for query in (f"access_token={GOOD}", f"token={GOOD}", f"jwt={GOOD}", f"Authorization=Bearer%20{GOOD}"):
        answer = await client.get(f"/user?{query}", headers={"X-Authorization": f"Bearer {GOOD}"})

        assert answer.status_code == 401


async def test_an_expired_token_says_so(auth: AuthApp) -> None:
    await auth.clock.advance(ACCESS_SECONDS)

    answer = await auth.app.test_client().get("/user", headers={"Authorization": f"Bearer {GOOD}"})

    assert (answer.status_code, (await answer.get_json())["code"]) == (401, "token_expired")


async def test_an_ended_session_says_so_at_once(auth: AuthApp) -> None:
    client = auth.app.test_client()
    headers = {"Authorization": f"Bearer {GOOD}"}
    assert (await client.get("/user", headers=headers)).status_code == 200

    await auth.services.sessions.revoke(user_id=USER.id)

    answer = await client.get("/user", headers=headers)
    assert (answer.status_code, (await answer.get_json())["code"]) == (401, "token_revoked")


OWN = "https://galley.example"


@pytest.mark.parametrize(
    ("origin", "public_url"),
    [
        (OWN, OWN),
        (OWN, "https://galley.example:443"),
        (OWN, "https://GALLEY.example/below"),
        ("https://galley.example:8443", "https://galley.example:8443"),
        ("http://localhost:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://127.0.0.1:8000"),
    ],
)
def test_our_own_pages_are_known(origin: str, public_url: str) -> None:
    assert is_own_origin(Headers({"Origin": origin}), public_url)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "galley.example",
        "http://galley.example",
        "https://galley.example:444",
        "https://galley.example:0443x",
        "https://galley.example:99999",
        "https://galley.example.evil.example",
        "https://evilgalley.example",
        "https://galley.example@evil.example",
        "https://evil.example/galley.example",
        "https://evil.example#galley.example",
        "https://galley.example/",
        "https://galley.example\\.evil.example",
        "https://galley.example, https://evil.example",
        "https://galley.example https://evil.example",
        "https://sub.galley.example",
        "https://galley.example.",
        "https://localhost",
        "https://127.0.0.1",
        "file://galley.example",
    ],
)
def test_no_other_page_passes_for_ours(origin: str) -> None:
    assert not is_own_origin(Headers({"Origin": origin}), OWN)


def test_no_origin_and_two_origins_are_not_ours() -> None:
    assert not is_own_origin(Headers(), OWN)
    assert not is_own_origin(Headers([("Origin", OWN), ("Origin", OWN)]), OWN)


def test_a_loopback_page_on_another_port_is_not_ours() -> None:
    assert not is_own_origin(Headers({"Origin": "http://localhost:9000"}), "http://127.0.0.1:8000")
