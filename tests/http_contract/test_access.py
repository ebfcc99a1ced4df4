"""Who may do what: tokens, roles, fields that are not the caller's to set, and pages of other origins."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http_contract.client import Client, ask
from tests.http_contract.conftest import Told
from tests.http_contract.deployment import Deployment, open_http

NOT_GOOD = ("Bearer x", "Bearer a.b.c", "Basic YWRtaW46eA==", "bearer", "Token x.y.z")
ORIGINS = ("http://evil.example", "null", "http://{host}.evil.example", "http://evil-{host}", "https://{host}:444")


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, told) for path, methods in described["paths"].items() for method, told in methods.items()
    ]


def fill(path: str) -> str:
    return path.replace("{run_id}", str(uuid4())).replace("{", "").replace("}", "")


def test_nothing_but_what_is_public_is_for_everybody(deployment: Deployment, described: dict[str, Any]) -> None:
    open_to_all, unchallenged = [], []
    with open_http(deployment.url) as http:
        for method, path, told in operations(described):
            if told["x-access"] == "public":
                continue
            for headers in ({}, {"Authorization": NOT_GOOD[len(path) % len(NOT_GOOD)]}):
                answer = http.request(method, fill(path), headers=headers)
                if answer.status_code != 401:
                    open_to_all.append(f"{method} {path}: {answer.status_code}")
                elif not answer.headers.get("WWW-Authenticate", "").startswith("Bearer"):
                    unchallenged.append(f"{method} {path}")

    assert (open_to_all, unchallenged) == ([], [])


@pytest.mark.parametrize("authorization", NOT_GOOD)
def test_a_token_that_is_not_good_opens_nothing(deployment: Deployment, authorization: str) -> None:
    with open_http(deployment.url) as http:
        assert http.get("/runs", headers={"Authorization": authorization}).status_code == 401


async def test_a_token_in_an_address_is_not_looked_at(client: Client) -> None:
    token = client.session.headers()["Authorization"].removeprefix("Bearer ")
    answers = [
        await client.http.get("/runs", params={name: token}) for name in ("access_token", "token", "authorization")
    ]

    assert [answer.status_code for answer in answers] == [401] * 3


async def test_roles_that_somebody_lacks_are_asked_for(client: Client, described: dict[str, Any]) -> None:
    roles = set((await client.ask("GET", "/auth/me")).json()["roles"])
    if "admin" in roles:
        return  # Whoever has every role is refused nothing.
    wrong = []
    for method, path, told in operations(described):
        if told["x-access"] in ("editor", "admin") and told["x-access"] not in roles:
            answer = await client.ask(method, fill(path), json={})
            if answer.status_code != 403:
                wrong.append(f"{method} {path}: {answer.status_code}")
    everyone = await client.ask("GET", "/runs", params={"everyone": "true"})

    assert (wrong, everyone.status_code) == ([], 403)


OWNED = {"owner": "somebody", "user_id": "somebody", "roles": ["admin"], "status": "complete", "success": True}


async def test_fields_that_are_not_the_callers_to_set_are_refused(client: Client, described: dict[str, Any]) -> None:
    """A body whose description is closed is closed, and those of runs and sessions are (OWASP API3)."""
    accepted, closed = [], []
    for method, path, told in operations(described):
        content = told.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None or told["x-access"] in ("editor", "admin") or not is_closed(content["schema"], described):
            continue
        closed.append(told["operationId"])
        example = next(iter(content.get("examples", {}).values()), {"value": {}})["value"]
        for name, value in OWNED.items():
            answer = await client.ask(method, fill(path), json={**example, name: value})
            if answer.status_code not in (400, 401, 404, 422):
                accepted.append(f"{method} {path} with {name}: {answer.status_code}")

    assert accepted == []
    assert {"log_in", "refresh", "log_out", "run_and_wait", "run_and_stream", "rerun"} <= set(closed)


def is_closed(schema: dict[str, Any], described: dict[str, Any]) -> bool:
    """Whether a schema, or what it refers to, forbids other fields."""
    found = described["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return found.get("additionalProperties") is False


async def test_a_runs_owner_is_whoever_posts_it(client: Client, told: Told) -> None:
    me = (await client.ask("GET", "/auth/me")).json()
    refused = await client.ask("POST", "/run", json=ask("Lamps", owner="somebody"))

    assert (await client.ask("GET", f"/runs/{told.run_id}")).json()["owner"] == me["user_id"]
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/owner")


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_page_of_another_origin_gets_no_leave(client: Client, origin: str) -> None:
    given = {"Origin": origin.format(host=httpx.URL(client.session.deployment.url).host)}
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answers = [
        await client.ask("GET", "/runs", headers=given),
        await client.http.request("OPTIONS", "/run", headers={**given, **asking}),
    ]

    assert [name for answer in answers for name in answer.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("origin", ORIGINS)
async def test_a_page_of_another_origin_opens_no_socket(client: Client, origin: str) -> None:
    given = {"Origin": origin.format(host=httpx.URL(client.session.deployment.url).host)}
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answer = await client.http.get("/ws", headers={**given, **upgrade, **key})

    assert answer.status_code == 403


async def test_a_run_that_is_not_ones_own_is_the_same_as_none(client: Client) -> None:
    answers = [await client.ask("GET", f"/runs/{run_id}") for run_id in (str(uuid4()), "x", "../../etc/passwd")]

    assert [answer.status_code for answer in answers] == [404] * 3
