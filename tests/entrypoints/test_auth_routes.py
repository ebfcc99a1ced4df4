"""Logging in and out over HTTP, with tokens in bodies and with the cookie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.entrypoints.auth_app import ORIGIN, PASSWORD, AuthApp, open_auth_app
from tests.tokens import ACCESS_SECONDS, USER

OURS = {"Origin": ORIGIN}
BY_COOKIE = {"username": "ada", "password": PASSWORD, "cookie": True}


@pytest.fixture
async def auth() -> AsyncIterator[AuthApp]:
    async with open_auth_app() as auth:
        yield auth


@pytest.fixture
def client(auth: AuthApp) -> Client:
    return auth.app.test_client(use_cookies=False)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def cookie_of(answer: Any) -> Morsel[str]:
    return SimpleCookie(answer.headers["Set-Cookie"])["galley_refresh"]


async def log_in_by_cookie(client: Client) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answer's JSON and the headers that the browser sends from then on."""
    answer = await client.post("/auth/login", json=BY_COOKIE, headers=OURS)
    return await answer.get_json(), OURS | {"Cookie": f"galley_refresh={cookie_of(answer).value}"}


async def test_a_log_in_answers_with_a_pair_of_tokens(auth: AuthApp, client: Client) -> None:
    answer = await client.post("/auth/login", json={"username": "ada", "password": PASSWORD})

    body = await answer.get_json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Set-Cookie" not in answer.headers
    assert body == {
        "access_token": body["access_token"],
        "refresh_token": body["refresh_token"],
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
    }
    assert (await auth.services.authenticator.verify(body["access_token"])).name == "ada"


async def test_who_is_asking_is_told(auth: AuthApp, client: Client) -> None:
    answer = await client.get("/auth/me", headers=bearer(await auth.log_in()))

    assert await answer.get_json() == {
        "user_id": USER.id,
        "name": "ada",
        "roles": ["author", "editor"],
        "expires_at": "2026-01-01T00:15:00Z",
        "today": {"tokens": 0, "cost_usd": 0.0, "tokens_limit": None, "cost_usd_limit": None},
    }


@pytest.mark.parametrize("name", ["ada", "eve"])
async def test_a_failed_log_in_tells_nothing(client: Client, name: str) -> None:
    answer = await client.post("/auth/login", json={"username": name, "password": "wrong password"})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="galley"')
    assert await answer.get_json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "code": "invalid_credentials",
        "detail": "User name and password don't match.",
    }


async def test_too_many_failed_log_ins_are_told_when_to_come_back(auth: AuthApp, client: Client) -> None:
    wrong = {"username": "ada", "password": "wrong password"}
    statuses = [(await client.post("/auth/login", json=wrong)).status_code for _ in range(10)]
    await auth.clock.advance(15.5)

    answer = await client.post("/auth/login", json=wrong)

    assert statuses == [401] * 10
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "45")
    assert (await answer.get_json())["code"] == "too_many_attempts"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"username": "ada"}, "/password"),
        ({"username": "", "password": PASSWORD}, "/username"),
        ({"username": "a" * 201, "password": PASSWORD}, "/username"),
        ({"username": "ada", "password": "x" * 1025}, "/password"),
        ({"username": "ada", "password": ["x"]}, "/password"),
        ({"username": "ada", "password": PASSWORD, "cookie": 1}, "/cookie"),
        ({"username": "ada", "password": PASSWORD, "roles": ["admin"]}, "/roles"),
    ],
)
async def test_a_body_of_another_shape_is_refused(client: Client, body: Any, pointer: str) -> None:
    answer = await client.post("/auth/login", json=body)

    problem = await answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_form_is_no_log_in(client: Client) -> None:
    answer = await client.post("/auth/login", form={"username": "ada", "password": PASSWORD})

    assert answer.status_code == 415


async def test_a_refresh_token_in_the_body_gives_a_new_pair_once(auth: AuthApp, client: Client) -> None:
    first = await auth.log_in()
    body = {"refresh_token": first["refresh_token"]}

    renewed, again = [await client.post("/auth/refresh", json=body) for _ in range(2)]

    second = await renewed.get_json()
    assert renewed.status_code == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert (again.status_code, (await again.get_json())["code"]) == (401, "token_revoked")
    assert (await client.get("/auth/me", headers=bearer(second))).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 401),
        ({}, 401),
        ({"refresh_token": None}, 401),
        ({"refresh_token": "x"}, 401),
        ({"refresh_token": ""}, 422),
    ],
)
async def test_a_refresh_without_a_refresh_token_is_refused(client: Client, body: Any, status: int) -> None:
    answer = await client.post("/auth/refresh", **({} if body is None else {"json": body}))

    assert answer.status_code == status


async def test_a_log_in_by_cookie_keeps_the_refresh_token_from_scripts(client: Client) -> None:
    answer = await client.post("/auth/login", json=BY_COOKIE, headers=OURS)

    cookie = cookie_of(answer)
    attributes = {name: cookie[name] for name in ("path", "max-age", "secure", "httponly", "samesite", "domain")}
    assert sorted(await answer.get_json()) == ["access_token", "expires_in", "token_type"]
    assert attributes == {
        "path": "/auth",
        "max-age": "2592000",
        "secure": True,
        "httponly": True,
        "samesite": "Strict",
        "domain": "",
    }


async def test_the_cookie_fits_an_address_without_tls_and_below_a_path() -> None:
    async with open_auth_app("http://127.0.0.1:8000/galley") as auth:
        client = auth.app.test_client(use_cookies=False)

        answer = await client.post("/auth/login", json=BY_COOKIE, headers={"Origin": "http://localhost:8000"})

    cookie = cookie_of(answer)
    assert (cookie["path"], cookie["secure"], cookie["httponly"]) == ("/galley/auth", "", True)


async def test_a_refresh_by_cookie_answers_with_the_next_cookie(client: Client) -> None:
    _, headers = await log_in_by_cookie(client)

    answer = await client.post("/auth/refresh", headers=headers)

    body = await answer.get_json()
    assert (answer.status_code, sorted(body)) == (200, ["access_token", "expires_in", "token_type"])
    assert cookie_of(answer).value not in headers["Cookie"]
    assert (await client.get("/auth/me", headers=bearer(body))).status_code == 200


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "https://galley.example.evil.example"])
async def test_no_other_page_can_use_the_cookie(client: Client, origin: str | None) -> None:
    tokens, headers = await log_in_by_cookie(client)
    foreign = {"Cookie": headers["Cookie"]} | ({"Origin": origin} if origin else {})

    answers = [
        await client.post("/auth/refresh", headers=foreign),
        await client.post("/auth/logout", headers=foreign),
        await client.post("/auth/login", json=BY_COOKIE, headers=foreign),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert not [answer for answer in answers if "Set-Cookie" in answer.headers]
    assert (await client.get("/auth/me", headers=bearer(tokens))).status_code == 200
    assert (await client.post("/auth/refresh", headers=headers)).status_code == 200


async def test_a_log_out_by_cookie_ends_the_session_and_the_cookie(client: Client) -> None:
    tokens, headers = await log_in_by_cookie(client)

    answer = await client.post("/auth/logout", headers=headers)

    cookie = cookie_of(answer)
    assert (answer.status_code, cookie.value, cookie["max-age"], cookie["path"]) == (204, "", "0", "/auth")
    assert (await client.get("/auth/me", headers=bearer(tokens))).status_code == 401
    assert (await client.post("/auth/refresh", headers=headers)).status_code == 401


async def test_a_log_out_by_refresh_token_ends_the_session(auth: AuthApp, client: Client) -> None:
    tokens = await auth.log_in()

    answer = await client.post("/auth/logout", json={"refresh_token": tokens["refresh_token"]})

    assert (answer.status_code, await answer.get_data()) == (204, b"")
    assert (await client.get("/auth/me", headers=bearer(tokens))).status_code == 401


async def test_a_log_out_by_access_token_ends_the_session(auth: AuthApp, client: Client) -> None:
    tokens = await auth.log_in()

    answer = await client.post("/auth/logout", headers=bearer(tokens))

    assert answer.status_code == 204
    body = {"refresh_token": tokens["refresh_token"]}
    assert (await client.post("/auth/refresh", json=body)).status_code == 401


async def test_a_log_out_without_any_token_is_refused(client: Client) -> None:
    assert (await client.post("/auth/logout")).status_code == 401


async def test_no_answer_of_a_log_in_shows_password_or_hash(auth: AuthApp, client: Client) -> None:
    user = await auth.services.users.find("ada")
    secrets = (PASSWORD, user.password_hash, "$argon2")

    for body in (
        {"username": "ada", "password": PASSWORD},
        {"username": PASSWORD, "password": PASSWORD, "x": PASSWORD},
    ):
        text = await (await client.post("/auth/login", json=body)).get_data(as_text=True)

        assert not [secret for secret in secrets if secret in text]
