"""Logging in, staying logged in, and what ends with a session."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.http_contract.client import Client
from tests.http_contract.deployment import Deployment, log_in, open_http

REVOKED_WITHIN_SECONDS = 5.0


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_a_wrong_password_is_told_like_an_unknown_name(deployment: Deployment) -> None:
    tries = ((deployment.username, f"not-{uuid4()}"), (f"nobody-{uuid4()}", "not-the-password"))
    with open_http(deployment.url) as http:
        answers = [http.post("/auth/login", json={"username": name, "password": word}) for name, word in tries]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_session(deployment: Deployment) -> None:
    first = log_in(deployment)
    with open_http(deployment.url) as http:
        renewed = http.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
        second = renewed.json()
        good = http.get("/auth/me", headers=bearer(second))
        reused = http.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
        after = http.post("/auth/refresh", json={"refresh_token": second["refresh_token"]})

    assert (renewed.status_code, good.status_code) == (200, 200)
    assert second["refresh_token"] != first["refresh_token"]
    assert (reused.status_code, after.status_code) == (401, 401)
    assert is_refused_soon(deployment, second)


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(deployment: Deployment) -> None:
    tokens = log_in(deployment)
    with open_http(deployment.url) as http:
        wrong = http.post("/auth/refresh", json={"refresh_token": tokens["access_token"]})
        opened = http.get("/auth/me", headers={"Authorization": f"Bearer {tokens['refresh_token']}"})
        out = http.post("/auth/logout", headers=bearer(tokens))

    assert (wrong.status_code, opened.status_code, out.status_code) == (401, 401, 204)


def test_logging_out_ends_the_session_and_each_of_its_tokens(deployment: Deployment) -> None:
    tokens = log_in(deployment)
    with open_http(deployment.url) as http:
        out = http.post("/auth/logout", headers=bearer(tokens))
        refreshed = http.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})

    assert (out.status_code, refreshed.status_code) == (204, 401)
    assert is_refused_soon(deployment, tokens)


def is_refused_soon(deployment: Deployment, tokens: dict[str, Any]) -> bool:
    """Whether an access token is refused within the time in which every process knows of a revocation."""

    async def ask_until() -> None:
        async with (
            asyncio.timeout(REVOKED_WITHIN_SECONDS + 2),
            httpx.AsyncClient(base_url=deployment.url, trust_env=False) as http,
        ):
            while (await http.get("/auth/me", headers=bearer(tokens))).status_code != 401:
                await asyncio.sleep(0.25)

    try:
        asyncio.run(ask_until())
    except TimeoutError:
        return False
    return True


async def test_an_open_stream_ends_within_five_seconds_of_a_log_out(deployment: Deployment, client: Client) -> None:
    tokens = log_in(deployment)
    async with client.http.stream("GET", "/events", headers=bearer(tokens)) as stream:
        assert stream.status_code == 200
        await client.http.post("/auth/logout", headers=bearer(tokens))
        async with asyncio.timeout(2 * REVOKED_WITHIN_SECONDS):
            async for _ in stream.aiter_raw():
                pass
