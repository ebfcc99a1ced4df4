"""/mcp: who may speak, what is a message, and how streams end that time or the service ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from adapters.clock import settle
from domain.content.prompt_set import encode_prompt_set
from domain.errors import LiveRunsExceededError
from domain.run.model import NewRun, RunQuery, StoredRun
from entrypoints.http.cursor import Cursor
from entrypoints.http.protocols.mcp_event_id import EventId, parse_event_id
from entrypoints.http.protocols.mcp_result import refuse_call
from entrypoints.http.protocols.mcp_session import key_of_call
from entrypoints.http.protocols.mcp_tools import OUTPUT_SCHEMA
from entrypoints.start import derive_run_id
from tests.entrypoints.arrangement import ACCESS_SECONDS, GENERATING, NOTE, House, delta, open_house, open_stream
from tests.entrypoints.mcp_session import (
    CALL,
    INITIALIZE,
    MODERN,
    Headers,
    alone,
    message,
    open_session,
    read_error,
    read_messages,
)

ALL = RunQuery()
ORIGINS = ["null", "http://evil.example", "https://127.0.0.1:8000", "http://127.0.0.1:8000.evil.example"]


class LateRuns:
    """Runs whose creation lands late, and even where nobody waits for it any more."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.may_create = asyncio.Event()

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        self.creating = asyncio.create_task(self._create(run))
        return await asyncio.shield(self.creating)

    async def _create(self, run: NewRun) -> tuple[StoredRun, bool]:
        await self.may_create.wait()
        made: tuple[StoredRun, bool] = await self.inner.create(run)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_serving_does_not_import_the_sdk() -> None:
    script = "import entrypoints.http.app, entrypoints.cli, sys; print([m for m in sys.modules if m.startswith('mcp')])"

    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"


@pytest.mark.parametrize("kind", ["missing", "expired", "revoked", "forged"])
async def test_who_has_no_good_token_is_told_so_in_the_protocol(house: House, ann: Headers, kind: str) -> None:
    if kind == "expired":
        await house.clock.advance(ACCESS_SECONDS)
    if kind == "revoked":
        await house.store.sessions.revoke(session_id=(await house.principal(ann)).session)
    headers = {"missing": {}, "forged": {"Authorization": "Bearer a.b.c"}}.get(kind, ann)

    answers = [await house.ask("POST", "/mcp", headers, INITIALIZE), await house.ask("GET", "/mcp", headers)]

    for answer in answers:
        status, code, told = await read_error(answer)
        assert (status, code) == (401, -32010)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="galley"')
        assert told.endswith(".")


@pytest.mark.parametrize("origin", ORIGINS)
async def test_no_page_of_another_origin_may_speak(house: House, ann: Headers, origin: str) -> None:
    session = await open_session(house, ann)

    for method, body in (("POST", INITIALIZE), ("GET", None)):
        answer = await house.ask(method, "/mcp", {**session, "Origin": origin}, body)
        assert (await read_error(answer))[0] == 403


async def test_a_page_of_the_services_own_may(house: House, ann: Headers) -> None:
    answer = await house.ask("POST", "/mcp", {**ann, "Origin": "http://localhost:8000"}, INITIALIZE)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("session", "expected"), [("theirs", 404), ("made up", 404), ("ä.ö", 404), ("", 404), (None, 400)]
)
async def test_a_session_is_only_for_its_user(
    house: House, ann: Headers, bob: Headers, session: str | None, expected: int
) -> None:
    theirs = (await open_session(house, ann))["Mcp-Session-Id"]
    sent = {**bob, **({} if session is None else {"Mcp-Session-Id": theirs if session == "theirs" else session})}

    for body in (CALL, message("notifications/cancelled", {"requestId": 7}, id=None), None):
        async with open_stream(house, "/mcp", sent, body) as refused:
            assert refused.status == expected
    assert (await house.store.runs.list(ALL)).runs == ()


async def test_a_session_goes_on_in_another_process_and_with_a_fresh_token(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)

    async with open_house(clock=house.clock) as other:
        fresh = {**session, **(await other.log_in("ann"))}
        answer = await other.ask("POST", "/mcp", fresh, message("tools/list"))

    assert (answer.status_code, (await answer.get_json())["result"]["tools"][0]["name"]) == (200, "note")


BAD = {
    b"": (400, "not JSON"),
    b"{": (400, "not JSON"),
    b'{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}': (400, "twice"),
    b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}': (400, "NaN"),
    b"[" * 100_000: (400, "deeper"),
    b"\xff": (400, "UTF-8"),
    b"[]": (422, "object"),
    b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]': (422, "object"),
    b'{"id": 1, "method": "ping"}': (422, "jsonrpc: is required"),
    b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}': (422, "jsonrpc"),
    b'{"jsonrpc": "2.0", "id": null, "method": "ping"}': (422, "id"),
    b'{"jsonrpc": "2.0", "id": true, "method": "ping"}': (422, "id"),
    b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}': (422, "id"),
    b'{"jsonrpc": "2.0", "id": "%s", "method": "ping"}' % (b"x" * 201): (422, "id"),
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": {"progressToken": "%s"}}}' % (b"x" * 201): (
        422,
        "progressToken",
    ),
    b'{"jsonrpc": "2.0", "id": 1, "result": {}}': (422, "method: is required"),
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}': (422, "params"),
}


@pytest.mark.parametrize("body", BAD, ids=lambda body: body[:60].decode("latin-1"))
async def test_what_is_no_message_is_refused_and_says_why(house: House, ann: Headers, body: bytes) -> None:
    session = await open_session(house, ann)
    expected, words = BAD[body]

    sent = {**session, "Content-Type": "application/json"}
    answer = await house.app.test_client().post("/mcp", data=body, headers=sent)
    status, code, told = await read_error(answer)

    assert (status, code) == (expected, -32700 if expected == 400 else -32600)
    assert words in told


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Last-Event-ID": "x"}, 400),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Accept": "application/json"}, 406),
        ({"Accept": "text/event-stream"}, 406),
        ({"Accept": "text/html"}, 406),
        ({"Accept": "*/*"}, 200),
        ({"Accept": "application/json, text/event-stream;q=0.5"}, 200),
    ],
)
async def test_headers_that_do_not_fit_are_refused(house: House, ann: Headers, headers: Headers, status: int) -> None:
    sent = {"Content-Type": "application/json", **ann, **headers}

    answer = await house.app.test_client().post("/mcp", data=msgspec.json.encode(INITIALIZE), headers=sent)

    assert answer.status_code == status


async def test_a_body_that_is_too_large_is_refused(house: House, ann: Headers) -> None:
    answer = await house.ask("POST", "/mcp", ann, message("ping", {"x": "x" * 1024 * 1024}))

    assert answer.status_code == 413


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_every_version_with_sessions_is_spoken(house: House, ann: Headers, version: str) -> None:
    begin = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": version}}
    answer = await house.ask("POST", "/mcp", ann, begin)

    assert (await answer.get_json())["result"]["protocolVersion"] == version


async def test_a_version_that_nobody_knows_is_told_those_that_are(house: House, ann: Headers) -> None:
    sent, body = alone(ann, "tools/list")

    other = await house.ask("POST", "/mcp", {**sent, "MCP-Protocol-Version": "2099-01-01"}, body)
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01"
    unknown = await house.ask("POST", "/mcp", {**sent, "MCP-Protocol-Version": "2099-01-01"}, body)
    note = await house.ask("POST", "/mcp", {**ann, "MCP-Protocol-Version": "x"}, message("notifications/x", id=None))

    assert (await read_error(other))[:2] == (400, -32020)
    assert (await read_error(unknown))[:2] == (400, -32022)
    assert (await unknown.get_json())["error"]["data"]["supported"] == [MODERN]
    assert (await read_error(note))[:2] == (400, -32022)


async def test_errors_of_the_protocol_have_the_status_of_their_version(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)
    wrong: dict[str, Any] = {"name": "note", "arguments": []}

    old = [await house.ask("POST", "/mcp", session, message(m, p)) for m, p in (("no", None), ("tools/call", wrong))]
    new = [
        await house.ask("POST", "/mcp", *alone(ann, "no")),
        await house.ask("POST", "/mcp", *alone(ann, "tools/call", wrong)),
        await house.ask("POST", "/mcp", *alone(ann, "tools/call", {"name": "none", "arguments": {}})),
        await house.ask("POST", "/mcp", *alone(ann, "tools/list", {"cursor": "x"})),
        await house.ask("POST", "/mcp", *alone(ann, "tools/list", **{"Mcp-Method": "tools/call"})),
        await house.ask("GET", "/mcp", {**ann, "MCP-Protocol-Version": MODERN}),
    ]

    assert [(await read_error(answer))[:2] for answer in old] == [(200, -32601), (200, -32602)]
    assert [(await read_error(answer))[:2] for answer in new] == [
        (404, -32601),
        (400, -32602),
        (400, -32602),
        (400, -32602),
        (400, -32020),
        (405, -32010),
    ]
    assert "arguments" in (await read_error(new[1]))[2]


async def test_a_notification_is_taken(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)

    for sent in (session, {**ann, "MCP-Protocol-Version": MODERN}):
        answer = await house.ask("POST", "/mcp", sent, message("notifications/initialized", id=None))
        assert (answer.status_code, await answer.get_data()) == (202, b"")
    assert (await house.ask("DELETE", "/mcp", session)).status_code == 405


async def test_a_refused_call_says_whether_and_when_to_try_again() -> None:
    result = await refuse_call(LiveRunsExceededError("50 of your runs are live; wait for one to end."))

    assert result.is_error
    assert result.structured_content["error"] == {
        "code": "too_many_live_runs",
        "message": "50 of your runs are live; wait for one to end.",
        "retryable": True,
        "retry_after": 5,
    }
    jsonschema_rs.validate(OUTPUT_SCHEMA, result.structured_content)


async def test_who_asks_too_often_is_told_so_in_the_protocol() -> None:
    async with open_house(requests_per_minute=2) as narrow:
        hasty = await narrow.log_in("ann")
        answers = [await narrow.ask("POST", "/mcp", hasty, INITIALIZE) for _ in range(3)]

    status, code, told = await read_error(answers[-1])
    assert (status, code, answers[-1].headers["Retry-After"]) == (429, -32010, "30")
    assert "More than 2 requests in a minute" in told


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ("fast", ""),
        ({"prompt": "other"}, "/prompt"),
        ({"inputs": {}}, "/inputs"),
        ({"text": "tea"}, "/text"),
        ({"run_id": "11111111-2222-4333-8444-555555555555"}, "/run_id"),
        ({"owner": "bob"}, "/owner"),
        ({"model": 7}, "/model"),
        ({"limits": {"attempts": 0}}, "/limits/attempts"),
        ({"checks": [{"check": "none"}]}, "/checks/0/check"),
    ],
)
async def test_options_that_can_not_be_used_are_named(house: House, ann: Headers, options: Any, pointer: str) -> None:
    session = await open_session(house, ann)
    params = {**CALL["params"], "_meta": {"galley/run": options}}

    async with open_stream(house, "/mcp", session, {**CALL, "params": params}) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        result = msgspec.json.decode(answer.data)["result"]

    assert result["isError"]
    assert [one["pointer"] for one in result["structuredContent"]["error"]["errors"]] == [
        f"/_meta/galley~1run{pointer}"
    ]


async def test_arguments_that_do_not_fit_are_named_for_the_model(house: House, ann: Headers) -> None:
    sent, body = alone(ann, "tools/call", {"name": "note", "arguments": {"topic": 7, "tune": "x"}})

    result = (await (await house.ask("POST", "/mcp", sent, body)).get_json())["result"]

    assert result["isError"]
    assert sorted(result["content"][0]["text"].split("\n")[1:]) == [
        "- arguments/topic: must be a text",
        "- arguments/tune: is not known here; did you mean tone?",
    ]
    jsonschema_rs.validate(OUTPUT_SCHEMA, result["structuredContent"])


async def test_a_call_is_told_what_the_log_says_and_can_be_resumed_at_each_id(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)
    async with open_stream(house, "/mcp", session, CALL) as stream:
        run_id = stream.headers["X-Run-Id"]
        lease = await house.claim(run_id)
        await house.write(lease, GENERATING, delta("Tea."))
        await house.write(lease, GENERATING)
        await house.complete_with(lease)
        whole = read_messages(await stream.read())

    first = b"data: \n\n"
    assert first in stream.data
    told = [one["params"] for one in whole[:-1]]
    assert [(one["progressToken"], one["progress"], one["total"]) for one in told] == [
        ("t", 0, 100),
        ("t", 30, 100),
        ("t", 30.001, 100),
    ]
    assert (whole[-1]["id"], whole[-1]["result"]["content"]) == (7, [{"type": "text", "text": "Tea.\n"}])
    ids = [stream.data.split(b"\n")[0].decode().removeprefix("id: "), *(one["_id"] for one in whole)]
    for place, last in enumerate(ids[:-1]):
        async with open_stream(house, "/mcp", {**session, "Last-Event-ID": last}) as again:
            assert read_messages(await again.read()) == whole[place:]
    assert (await house.ask("GET", "/mcp", {**session, "Last-Event-ID": ids[-1]})).status_code == 204


@pytest.mark.parametrize("text", ["x", "a:1-1", "a:1-1~", "a:1-1~e30=", "a:1-1~ä", "a:1-1~W1dXV1", "~WzEsMSwxXQ=="])
async def test_an_id_of_no_event_is_refused(house: House, ann: Headers, text: str) -> None:
    session = await open_session(house, ann)

    answer = await house.ask("GET", "/mcp", {**session, "Last-Event-ID": text})

    assert (await read_error(answer))[0] == 400


async def test_an_event_of_somebody_elses_run_opens_nothing(house: House, ann: Headers, bob: Headers) -> None:
    run_id = await house.begin(ann)
    session = await open_session(house, bob)
    last = EventId(cursor=Cursor(run_id, 0, 1), request_id=1, token=None, progress=0.0)

    foreign = await house.ask("GET", "/mcp", {**session, "Last-Event-ID": str(last)})

    assert (await read_error(foreign))[0] == 404


@pytest.mark.parametrize(("request_id", "token"), [(1, 2), ("é~:\n", None), ("1", "t" * 200), (-(2**62), 0)])
def test_an_event_id_keeps_what_a_stream_needs(request_id: int | str, token: int | str | None) -> None:
    made = EventId(cursor=Cursor("11aa-b", 3, 77), request_id=request_id, token=token, progress=30.001)

    assert parse_event_id(str(made)) == made
    assert str(made).isascii()
    assert str(made).isprintable()


async def end_by(house: House, headers: Headers, how: str) -> None:
    if how == "expiry":
        await house.clock.advance(ACCESS_SECONDS)
    elif how == "revocation":
        await house.store.sessions.revoke(session_id=(await house.principal(headers)).session)
        await house.clock.advance(5)
    else:
        house.drain.set()


@pytest.mark.parametrize("how", ["expiry", "revocation", "drain"])
async def test_a_stream_that_is_ended_leaves_its_run_alone(house: House, ann: Headers, how: str) -> None:
    session = await open_session(house, ann)
    async with (
        open_stream(house, "/mcp", session, CALL) as resumable,
        open_stream(house, "/mcp", *alone(ann, "tools/call", CALL["params"])) as final,
        open_stream(house, "/mcp", session) as changes,
    ):
        runs = [stream.headers["X-Run-Id"] for stream in (resumable, final)]
        leases = [await house.claim(run_id) for run_id in runs]
        for lease in leases:
            await house.write(lease, GENERATING)
        await end_by(house, ann, how)
        streams = [read_messages(await stream.read()) for stream in (resumable, final, changes)]
        await house.write(leases[0], GENERATING)
        assert read_messages(await resumable.read()) == streams[0], "it has ended"

    assert [one["method"] for one in streams[0]] == ["notifications/progress"] * 2
    assert streams[1][-1]["error"]["code"] == -32010
    assert f"GET /runs/{runs[1]}" in streams[1][-1]["error"]["message"]
    assert streams[2] == []
    for run_id in runs:
        stored, _ = await house.store.runs.get(run_id)
        assert not stored.cancel_requested


async def test_who_leaves_cancels_where_the_version_says_so(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)
    params: Any = {**CALL["params"], "_meta": {"galley/run": {"on_disconnect": "continue"}}}
    runs = []
    for sent, body in (
        (session, CALL),
        alone(ann, "tools/call", CALL["params"]),
        alone(ann, "tools/call", params),
    ):
        async with open_stream(house, "/mcp", sent, body) as stream:
            runs.append(stream.headers["X-Run-Id"])
            await house.write(await house.claim(runs[-1]), GENERATING)

    stored = [(await house.store.runs.get(run_id))[0] for run_id in runs]
    assert [run.cancel_requested for run in stored] == [False, True, False]
    assert {run.spec.request.on_disconnect for run in stored} == {"continue"}


async def test_a_cancel_that_overtakes_its_call_still_meets_the_run(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)
    cancel = message("notifications/cancelled", {"requestId": "7", "reason": "changed my mind"}, id=None)
    principal = await house.principal(ann)
    run_id = derive_run_id(house.services, principal, key_of_call(session["Mcp-Session-Id"], 7))

    async with open_stream(house, "/mcp", session, cancel) as early:
        async with open_stream(house, "/mcp", session, CALL) as stream:
            assert (early.status, stream.headers["X-Run-Id"]) == (None, run_id)
            await house.clock.advance(0.2)
            await early.read()
            end = read_messages(await stream.read())[-1]["result"]

        assert early.status == 202
    assert (end["isError"], end["structuredContent"]["status"]) == (True, "cancelled")


async def test_who_leaves_while_the_run_is_made_cancels_it_all_the_same(house: House) -> None:
    late = LateRuns(house.store.runs)
    async with open_house(runs=late) as slow:
        late.inner = slow.store.runs
        ann = await slow.log_in("ann")
        async with open_stream(slow, "/mcp", *alone(ann, "tools/call", CALL["params"])) as stream:
            await stream.connection.disconnect()
            await settle()
            late.may_create.set()
            await slow.clock.advance(1)
        (run,) = (await slow.store.runs.list(ALL)).runs

    assert run.status == "cancelled"


async def test_a_cancel_of_what_never_began_is_taken(house: House, ann: Headers) -> None:
    session = await open_session(house, ann)
    cancel = message("notifications/cancelled", {"requestId": 99}, id=None)

    async with open_stream(house, "/mcp", session, cancel) as stream:
        await house.clock.advance(2)
        await stream.read()

        assert stream.status == 202


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_whoever_listens_hears_that_the_tools_have_changed(house: House, ann: Headers, is_wanted: bool) -> None:
    session = await open_session(house, ann)
    sent, body = alone(ann, "subscriptions/listen", {"notifications": {"toolsListChanged": is_wanted}})
    async with open_stream(house, "/mcp", session) as old, open_stream(house, "/mcp", sent, body) as new:
        await house.clock.advance(10)
        assert read_messages(await old.read()) == []
        await house.store.prompts.publish(
            "other", content=encode_prompt_set({**NOTE, "name": "other"}), source="", author="tests"
        )
        await house.clock.advance(2)
        heard = [read_messages(await stream.read()) for stream in (old, new)]
        house.drain.set()
        end = read_messages(await new.read())[-1]

    assert [one["method"] for one in heard[0]] == ["notifications/tools/list_changed"]
    acknowledged, *changes = heard[1]
    assert acknowledged["params"]["notifications"] == ({"toolsListChanged": True} if is_wanted else {})
    assert [one["method"] for one in changes] == ["notifications/tools/list_changed"] * is_wanted
    assert end["id"] == 7
    assert end["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 7
