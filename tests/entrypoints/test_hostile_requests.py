"""Requests that nobody means well: each is refused as it should be, none is our fault, and nothing inside shows."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import GalleyError
from entrypoints.http.app import create_app
from entrypoints.http.bodies import MAX_BODY_BYTES
from tests.effort import effort
from tests.entrypoints.arrangement import BODY, House
from tests.entrypoints.test_bodies import MALFORMED
from tests.entrypoints.test_websocket import ORIGINS

Headers = dict[str, str]
JSON = {"Content-Type": "application/json"}
LEAKS = (b"Traceback", b'File "', b".py", b"/work", b"site-packages", b"msgspec", b"werkzeug", b"SELECT", b"0x7")


async def post(house: House, headers: Headers, data: bytes, path: str = "/run/stream") -> tuple[int, bytes]:
    answer = await house.ask("POST", path, {**JSON, **headers}, data=data)
    body = await answer.get_data()
    assert answer.content_type == "application/problem+json"
    assert not any(leak in body for leak in LEAKS)
    assert json.loads(body)["status"] == answer.status_code
    return answer.status_code, body


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("path", ["/run", "/run/stream", "/auth/login"])
async def test_malformed_json_is_400(house: House, ann: Headers, data: bytes, path: str) -> None:
    status, body = await post(house, ann, data, path)

    assert (status, json.loads(body)["code"]) == (400, "invalid_json")


@settings(max_examples=effort(60, 200), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*BODY, "tags", "limits", "x"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
async def test_no_body_is_a_fault_of_ours(house: House, ann: Headers, data: bytes) -> None:
    answer = await house.ask("POST", "/run", {**JSON, **ann, "Prefer": "respond-async"}, data=data)

    assert answer.status_code in (202, 400, 415, 422, 429)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "application/problem+json",
        "a" * 5000,
    ],
)
async def test_anything_but_json_in_utf_8_is_415(house: House, ann: Headers, content_type: str) -> None:
    status, _ = await post(house, {**ann, "Content-Type": content_type}, b'{"prompt":"note"}')

    assert status == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "x"])
async def test_no_body_is_inflated(house: House, ann: Headers, encoding: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)

    status, _ = await post(house, {**ann, "Content-Encoding": encoding}, bomb)

    assert status == 415


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 17_000_000])
async def test_a_body_above_the_bound_is_413(house: House, ann: Headers, size: int) -> None:
    status, body = await post(house, ann, b'{"prompt":"' + b"a" * size + b'"}')

    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


async def test_a_large_body_does_not_hold_the_loop_while_it_is_judged(house: House, ann: Headers) -> None:
    wide = json.dumps({"prompt": "note", "inputs": {"topic": ["a" * 40] * 19_000}}).encode()
    longest = 0.0

    async def other() -> None:
        nonlocal longest
        while True:
            # The loop's own processor time: what another thread or process takes in between does not count.
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    task = asyncio.create_task(other())
    status, _ = await post(house, ann, wide)
    task.cancel()

    assert status == 422
    assert longest < 0.02


@pytest.mark.parametrize("header", ["Idempotency-Key", "Last-Event-ID", "Prefer", "traceparent", "Accept", "Origin"])
@pytest.mark.parametrize("value", ["a\0b", "é", "\x7f", "a" * 9000, "%0d%0aX-Injected: y"])
async def test_nothing_of_a_header_gets_into_an_answers_headers(
    house: House, ann: Headers, header: str, value: str
) -> None:
    for path in ("/run", "/run/stream"):
        answer = await house.ask("POST", path, {**ann, header: value, "Content-Type": "text/plain"}, data=b"")
        assert 400 <= answer.status_code < 500
        assert "X-Injected" not in answer.headers
        assert not any(value in text for _, text in answer.headers)


@pytest.mark.parametrize("path", ["/runs/", "/runs//", "/RUNS", "/run/stream/", "/prompts/", "/./runs", "/%72uns/"])
async def test_an_address_is_spelled_in_one_way_and_never_redirected(house: House, ann: Headers, path: str) -> None:
    answer = await house.ask("GET", path, ann)

    assert (answer.status_code, "Location" in answer.headers) == (404, False)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "QUERY"])
async def test_a_method_that_is_not_known_is_405_and_says_which_are(house: House, ann: Headers, method: str) -> None:
    answer = await house.ask(method, "/run", ann)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize("origin", [*ORIGINS, "https://evil.example", "http://127.0.0.1:8000"])
async def test_no_origin_gets_leave(house: House, ann: Headers, origin: str) -> None:
    """Our own needs none: its page is of the same origin (S17)."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for method, path in (("OPTIONS", "/run"), ("GET", "/runs"), ("GET", "/openapi.json"), ("POST", "/auth/refresh")):
        answer = await house.ask(method, path, {**ann, **asked})
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


async def test_every_answer_of_the_api_is_locked_down(house: House, ann: Headers) -> None:
    for path, headers in (("/runs", ann), ("/runs", {}), ("/nothing", {}), ("/health/live", {})):
        answer = await house.ask("GET", path, headers)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "no-store"


class BrokenRuns:
    """A store with a fault, which knows a secret."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def list(self, query: Any) -> Any:
        raise self._error


@pytest.mark.parametrize("error", [RuntimeError("SELECT hunter2"), KeyError("/etc/hunter2"), GalleyError("hunter2")])
async def test_a_fault_of_ours_says_nothing_but_an_id_for_the_log(
    house: House, ann: Headers, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    house.app.extensions["galley"] = attrs.evolve(house.services, runs=BrokenRuns(error))

    answer = await house.ask("GET", "/runs", ann)

    problem = await answer.get_json()
    assert (answer.status_code, problem["code"], set(problem)) == (
        500,
        "internal",
        {"type", "title", "status", "code", "detail", "incident"},
    )
    assert "hunter2" not in str(problem)
    logged = capsys.readouterr()
    assert problem["incident"] in logged.out + logged.err
    assert "hunter2" in logged.out + logged.err


async def test_a_route_that_does_not_say_whom_it_is_for_is_not_served(house: House) -> None:
    app = create_app(house.services)

    @app.get("/forgotten")
    async def forgotten() -> str:
        return "secret"

    answer = await app.test_client().get("/forgotten")

    assert answer.status_code == 500
    assert b"secret" not in await answer.get_data()
