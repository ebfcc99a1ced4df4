"""A request that is sent twice is one run."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from tests.http_contract.client import Client, ask, new_key
from tests.http_contract.conftest import Told

LATER = {"Prefer": "respond-async"}
AT_ONCE = 20


async def test_the_same_key_is_the_same_run_on_every_route(client: Client, told: Told) -> None:
    headers = {"Idempotency-Key": told.key}
    waited = await client.ask("POST", "/run", headers={**headers, **LATER}, json=told.body)
    async with client.open("POST", "/run/stream", headers=headers, json=told.body) as stream:
        await stream.read()

    assert waited.headers["X-Run-Id"] == told.run_id
    assert stream.ids == told.ids


@pytest.mark.parametrize("path", ["/run", "/run/stream"])
async def test_a_known_key_with_another_body_is_refused(client: Client, told: Told, path: str) -> None:
    headers = {"Idempotency-Key": told.key}
    answer = await client.ask("POST", path, headers=headers, json=ask("Something else"))

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_conflict")


async def test_a_run_id_of_the_clients_own_is_a_key_too(client: Client) -> None:
    body = ask("Birch desk lamps", run_id=str(uuid4()))
    answers = [await client.ask("POST", "/run", headers=LATER, json=body) for _ in range(2)]
    other = await client.ask("POST", "/run", headers=LATER, json={**body, "text": "Something else"})

    assert [answer.json()["run_id"] for answer in answers] == [body["run_id"]] * 2
    assert other.status_code == 422


async def test_posts_at_the_same_moment_are_one_run(client: Client) -> None:
    tag, headers = f"contract {uuid4()}", {**LATER, "Idempotency-Key": new_key()}
    body = {**ask("Beech desk lamps"), "tags": [tag]}
    answers = await asyncio.gather(*(client.ask("POST", "/run", headers=headers, json=body) for _ in range(AT_ONCE)))
    listed = (await client.ask("GET", "/runs", params={"text": tag})).json()["runs"]

    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.headers["X-Run-Id"] for answer in answers}) == 1
    assert [run["run_id"] for run in listed] == [answers[0].headers["X-Run-Id"]]


@pytest.mark.parametrize("key", ["", "a b", "a" * 256])
async def test_a_key_of_another_form_is_refused(client: Client, key: str) -> None:
    answer = await client.ask("POST", "/run", headers={**LATER, "Idempotency-Key": key}, json=ask("Lamps"))

    assert answer.status_code == 400


async def test_a_rerun_with_a_key_is_one_run_as_well(client: Client, told: Told) -> None:
    headers = {"Idempotency-Key": new_key()}
    answers = [
        await client.ask("POST", f"/runs/{told.run_id}/rerun", headers=headers, json={"tags": ["again"]})
        for _ in range(2)
    ]

    assert answers[0].json()["run_id"] == answers[1].json()["run_id"] != told.run_id
