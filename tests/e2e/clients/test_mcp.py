"""/mcp on a real server, with the SDK's own client in the versions with sessions and in the one without."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ToolListChangedNotification

from tests.e2e.clients.mcp_speaking import (
    LEGACY,
    MODERN,
    MODES,
    Progress,
    call,
    read_events,
    request,
    speak,
    speak_barely,
    text_of,
    told_of,
)
from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.evidence import Call
from tests.e2e.rig.ledger import read_ledger
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy
from tests.e2e.rig.scene import assert_nothing_broke, gather_evidence, log_in
from tests.e2e.test_cuts import choose_ending

STOP_SECONDS = 1.0
DOCUMENT = Path(__file__).parents[3] / "docs" / "clients" / "mcp.md"
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "60", "GALLEY_USER_REQUESTS_PER_MINUTE": "100000"}
LONGEST_HEAD = 1_200
"""Bytes of an answer before its first event, at most: a cut there leaves the SDK's client nothing to go on with."""
both = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GalleyProcess]:
    """One server for all tests here: each gives its run a topic of its own."""
    process = GalleyProcess(data=tmp_path_factory.mktemp("mcp"), env=ENV, rig={"ledger": True})
    with asyncio.Runner() as runner:
        runner.run(process.start())
        yield process
        runner.run(process.kill_group())
    assert "Traceback" not in process.stderr


@pytest.fixture
async def client(server: GalleyProcess) -> AsyncIterator[GalleyClient]:
    async with log_in(server) as made:
        yield made


async def read_run(client: GalleyClient, run_id: str) -> dict[str, Any]:
    """Return a run's record."""
    answer = await client.call("GET", f"/runs/{run_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def find_calls(server: GalleyProcess, topic: str) -> list[Call]:
    """Return what the provider was asked for a topic."""
    return [one for one in read_ledger(server.ledger) if topic in one.inputs]


async def until(is_so: Any, *, seconds: float = 20.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.05)


@both
async def test_prompt_sets_are_tools(server: GalleyProcess, client: GalleyClient, mode: str) -> None:
    async with speak(server.url, client.headers, mode) as mcp:
        tools = (await mcp.list_tools()).tools
    described = (await client.call("GET", "/prompts/kites")).json()

    assert [(tool.name, tool.title, tool.description) for tool in tools] == [
        ("kites", "Kites", "A short text for the fault tests, too short at first.")
    ]
    assert tools[0].input_schema == described["inputs"]


@both
async def test_a_call_tells_its_stages_and_ends_with_the_text(
    server: GalleyProcess, client: GalleyClient, mode: str
) -> None:
    progress = Progress()
    async with speak(server.url, client.headers, mode) as mcp:
        result = await mcp.call_tool("kites", {"topic": f"Kites in {mode}"}, progress_callback=progress)
    told = told_of(result)
    run = await read_run(client, told["run_id"])

    assert progress.steps == sorted(set(progress.steps))
    assert (progress.steps[0], progress.steps[-1]) == (0, 100)
    assert {total for _, total, _ in progress.told} == {100}
    stages = ["Waiting", "Loading", "Generating", "Initial draft", "Formatting", "Checking", "Attempt 2", "Done"]
    seen = [message or "" for _, _, message in progress.told]
    firsts = [next(place for place, message in enumerate(seen) if message.startswith(stage)) for stage in stages]
    assert firsts == sorted(firsts)
    assert (result.is_error, told["status"], told["success"], told["findings"]) == (False, "complete", True, [])
    assert [text_of(result)] == [run["output"]] == [told["output"]]
    assert told["metadata"] == run["metadata"]


@both
async def test_a_text_that_does_not_pass_is_a_result_that_says_so(
    server: GalleyProcess, client: GalleyClient, mode: str
) -> None:
    async with speak(server.url, client.headers, mode) as mcp:
        options: Any = {"galley/run": {"limits": {"attempts": 1}, "tags": ["short"]}}
        result = await mcp.call_tool("kites", {"topic": f"Short kites in {mode}"}, meta=options)
    told = told_of(result)
    run = await read_run(client, told["run_id"])

    assert (result.is_error, told["success"], told["output"]) == (False, False, run["output"])
    assert [finding["check"] for finding in told["findings"]] == ["words"]
    assert told["findings"] == run["attempts"][0]["findings"]
    assert "has not passed its checks" in str(result.content[1])
    assert run["request"]["tags"] == ["short"]


@both
async def test_a_wrong_argument_is_named_and_starts_nothing(
    server: GalleyProcess, client: GalleyClient, mode: str
) -> None:
    before = len(gather_evidence(server, ()).states)
    async with speak(server.url, client.headers, mode) as mcp:
        result = await mcp.call_tool("kites", {"topic": 7})
        options: Any = {"galley/run": {"limits": {"attempts": 0}}}
        second = await mcp.call_tool("kites", {"topic": "x"}, meta=options)
        with pytest.raises(MCPError, match="Unknown tool: kites@1"):
            await mcp.call_tool("kites@1", {"topic": "x"})

    assert result.is_error
    assert told_of(result)["status"] == "refused"
    assert told_of(result)["error"]["errors"] == [{"pointer": "/arguments/topic", "detail": "must be a text"}]
    assert "arguments/topic: must be a text" in text_of(result)
    assert told_of(second)["error"]["errors"][0]["pointer"] == "/_meta/galley~1run/limits/attempts"
    assert len(gather_evidence(server, ()).states) == before


@both
async def test_a_run_that_fails_is_an_error_with_its_run(
    server: GalleyProcess, client: GalleyClient, mode: str
) -> None:
    async with speak(server.url, client.headers, mode) as mcp:
        options: Any = {"galley/run": {"limits": {"deadline_seconds": 0.001}}}
        result = await mcp.call_tool("kites", {"topic": f"Late kites in {mode}"}, meta=options)
    told = told_of(result)
    run = await read_run(client, told["run_id"])

    assert (result.is_error, told["status"], told["error"]["code"]) == (True, "error", "limit_reached")
    assert run["status"] == "error"
    assert told["run_id"] in text_of(result)
    assert run["error"]["message"] in text_of(result)


@both
async def test_a_cancelled_call_cancels_its_run_and_is_billed_no_further(
    server: GalleyProcess, client: GalleyClient, mode: str
) -> None:
    topic = f"Unwanted kites in {mode}"
    writing = asyncio.Event()

    async def watch(progress: float, total: float | None, message: str | None) -> None:
        if progress >= 31:
            writing.set()

    async with speak(server.url, client.headers, mode) as mcp:
        calling = asyncio.create_task(mcp.call_tool("kites", {"topic": topic}, progress_callback=watch))
        async with asyncio.timeout(20):
            await writing.wait()
        at = time.time()
        calling.cancel()
        await asyncio.wait({calling})
        found = (await client.call("GET", "/runs?text=Unwanted")).json()["runs"]
        (run_id,) = [run["run_id"] for run in found if topic in run["excerpt"]]

        async def is_over() -> bool:
            return bool((await read_run(client, run_id))["status"] == "cancelled")

        await until(is_over)

    (asked,) = find_calls(server, topic)
    assert asked.outcome == "closed"
    assert asked.ended is not None
    assert asked.ended < at + STOP_SECONDS


async def test_calls_that_are_cut_at_any_byte_go_on_behind_it(
    server: GalleyProcess, client: GalleyClient, chance: random.Random, is_soak: bool
) -> None:
    calls, at_once = (500, 50) if is_soak else (10, 10)
    progresses = [Progress() for _ in range(calls)]
    topics = [f"Cut kites, number {number}." for number in range(calls)]
    results, connections = [], 0
    for first in range(0, calls, at_once):
        batch = range(first, first + at_once)
        async with Proxy(server.port) as proxy, speak(proxy.url, client.headers, LEGACY) as mcp:
            # One is left out for the connection that the client still has open. What is resumed is not cut again: the
            # SDK's client would then go on behind the first cut, and hear some of it twice.
            cut = range(proxy.connections, proxy.connections + at_once - 1)
            proxy.choose = cut_some(cut, chance)
            results += await asyncio.gather(
                *(mcp.call_tool("kites", {"topic": topics[n]}, progress_callback=progresses[n]) for n in batch)
            )
            connections += proxy.connections

    assert connections > 1.5 * calls
    assert [text_of(result) for result in results] == [
        (await read_run(client, told_of(result)["run_id"]))["output"] for result in results
    ]
    assert [topic in text_of(result) for topic, result in zip(topics, results, strict=True)] == [True] * calls
    assert all(progress.steps == sorted(set(progress.steps)) for progress in progresses)
    assert {progress.steps[-1] for progress in progresses} == {100}
    assert [len(find_calls(server, topic)) for topic in topics] == [2] * calls


def cut_some(numbers: range, chance: random.Random) -> Callable[[int], Plan]:
    """Cut these connections somewhere behind the head of an answer."""

    def choose(number: int) -> Plan:
        is_cut = number in numbers
        return Plan(after=chance.randrange(LONGEST_HEAD, 8_000), end=choose_ending(number)) if is_cut else Plan()

    return choose


async def test_a_run_goes_on_without_a_client_that_has_sessions(server: GalleyProcess, client: GalleyClient) -> None:
    topic = "Kites that were left"
    async with speak_barely(server.url, client.headers) as bare:
        async with bare.http.stream("POST", "/mcp", json=call(topic), headers=bare.all_headers()) as left:
            run_id = left.headers["X-Run-Id"]
            assert await anext(left.aiter_bytes())
        again = await bare.post(call(topic))
    (*_, (last_id, end)) = read_events(again.text)
    run = await read_run(client, run_id)

    assert (run["status"], run["success"]) == ("complete", True)
    assert last_id.startswith(run_id)
    assert end is not None
    assert end["result"]["structuredContent"]["run_id"] == run_id
    assert end["result"]["content"][0]["text"] == run["output"]
    assert len(find_calls(server, topic)) == 2


async def test_a_call_without_a_session_can_be_left_and_asked_again_by_its_run_id(
    server: GalleyProcess, client: GalleyClient
) -> None:
    topic, run_id = "Kites to come back to", str(uuid4())
    options: Any = {"galley/run": {"run_id": run_id, "on_disconnect": "continue"}}
    async with Proxy(server.port) as proxy, speak(proxy.url, client.headers, MODERN) as mcp:
        proxy.choose = lambda _: Plan(after=LONGEST_HEAD)
        with pytest.raises(MCPError, match="ended without a response"):
            await asyncio.gather(*(mcp.call_tool("kites", {"topic": topic}, meta=options) for _ in range(2)))
    async with speak(server.url, client.headers, MODERN) as mcp:
        result = await mcp.call_tool("kites", {"topic": topic}, meta=options)

    assert (told_of(result)["run_id"], told_of(result)["success"]) == (run_id, True)
    assert len(find_calls(server, topic)) == 2


async def test_a_request_that_is_sent_twice_is_paid_once(server: GalleyProcess, client: GalleyClient) -> None:
    topic = "Kites asked for twice"
    async with speak_barely(server.url, client.headers) as bare:
        first, second = await asyncio.gather(bare.post(call(topic)), bare.post(call(topic)))
        other = await bare.post(call("Other kites"))
    async with speak_barely(server.url, client.headers) as bare:
        fresh = await bare.post(call("Other kites"))

    assert first.headers["X-Run-Id"] == second.headers["X-Run-Id"] != fresh.headers["X-Run-Id"]
    assert read_events(first.text)[-1] == read_events(second.text)[-1]
    assert len(find_calls(server, topic)) == 2
    assert other.json()["result"]["isError"]
    assert other.json()["result"]["structuredContent"]["error"]["code"] == "idempotency_conflict"


async def test_a_token_that_is_not_good_is_explained(server: GalleyProcess) -> None:
    with pytest.RaisesGroup(
        pytest.RaisesExc(MCPError, match="The token is not valid"), flatten_subgroups=True, allow_unwrapped=False
    ):
        async with speak(server.url, {"Authorization": "Bearer a.b.c"}, LEGACY):
            pass


async def test_the_wrong_way_in_is_refused_on_the_wire(server: GalleyProcess, client: GalleyClient) -> None:
    async with speak_barely(server.url, client.headers) as bare:
        answers = {
            "origin": await bare.post(request("tools/list"), Origin="http://evil.example"),
            "session": await bare.post(request("tools/list"), **{"Mcp-Session-Id": "x.y"}),
            "body": await bare.post([request("tools/list")]),
            "token": await bare.http.post("/mcp", json=request("tools/list")),
            "version": await bare.post(request("tools/list"), **{"MCP-Protocol-Version": "1"}),
            "end": await bare.http.delete("/mcp", headers=bare.all_headers()),
        }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "origin": 403,
        "session": 404,
        "body": 422,
        "token": 401,
        "version": 400,
        "end": 405,
    }
    assert answers["token"].headers["WWW-Authenticate"] == 'Bearer realm="galley"'


async def test_clients_hear_of_a_new_tool(server: GalleyProcess, client: GalleyClient) -> None:
    heard = asyncio.Event()

    async def hear(message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            heard.set()

    document = {
        "name": "new-kites",
        "title": "New kites",
        "inputs": {"type": "object", "properties": {"topic": {"type": "string"}}},
        "output_format": "text",
        "prompts": {"generator": {"user": "Write about {{ topic }}."}},
    }
    async with (
        speak(server.url, client.headers, LEGACY, message_handler=hear) as old,
        speak(server.url, client.headers, MODERN) as new,
        new.listen(tools_list_changed=True) as changes,
    ):
        assert [tool.name for tool in (await old.list_tools()).tools] == ["kites"]
        await client.call("POST", "/prompts/new-kites/versions", json=document)
        async with asyncio.timeout(20):
            await heard.wait()
            await anext(aiter(changes))
        names = [[tool.name for tool in (await mcp.list_tools()).tools] for mcp in (old, new)]

    assert names == [["kites", "new-kites"]] * 2


async def test_a_call_goes_on_in_the_next_process(tmp_path: Path) -> None:
    process = GalleyProcess(data=tmp_path, env=ENV, rig={"ledger": True})
    async with process as server, log_in(server) as client, speak_barely(server.url, client.headers) as bare:
        async with (
            bare.http.stream("GET", "/mcp", headers=bare.all_headers()) as changes,
            bare.http.stream("POST", "/mcp", json=call("Kites", token=5), headers=bare.all_headers()) as stream,
        ):
            text, pieces = "", stream.aiter_text()
            while '"progress":31' not in text:
                text += await anext(pieces)
            stopped = asyncio.create_task(server.terminate())
            text += "".join([piece async for piece in pieces])
            assert await changes.aread() == b": ka\n"
            exited = await stopped
        await server.start()
        seen = read_events(text)
        rest = await bare.http.get("/mcp", headers=bare.all_headers(**{"Last-Event-ID": seen[-1][0]}))
        run = await read_run(client, stream.headers["X-Run-Id"])
        assert_nothing_broke(server, ())

    messages = [message for _, message in [*seen, *read_events(rest.text)] if message is not None]
    steps = [message["params"]["progress"] for message in messages[:-1]]
    assert exited.code == 0
    assert exited.seconds < 6
    assert steps == sorted(set(steps))
    assert messages[-1]["result"]["content"][0]["text"] == run["output"]
    assert run["success"]


async def test_many_calls_leave_nothing_behind(server: GalleyProcess, client: GalleyClient, is_soak: bool) -> None:
    calls = 1000 if is_soak else 60

    async def list_often(count: int) -> None:
        async with speak_barely(server.url, client.headers) as bare:
            for _ in range(count):
                await bare.open()
                await bare.post(call("x" * 201))
                async with bare.http.stream("GET", "/mcp", headers=bare.all_headers()) as left:
                    assert await anext(left.aiter_bytes())

    await list_often(20)
    before = server.resident_kilobytes(), server.open_descriptors()
    await list_often(calls)

    async def is_as_before() -> bool:
        return server.open_descriptors() <= before[1] + 2

    await until(is_as_before)
    assert server.resident_kilobytes() - before[0] < 8_000


async def test_the_ten_lines_of_the_documentation_work(
    tmp_path: Path, client: GalleyClient, server: GalleyProcess
) -> None:
    script = tmp_path / "ten_lines.py"
    script.write_text(
        DOCUMENT.read_text().partition("```python\n")[2].partition("```")[0].replace("blog-post", "kites")
    )
    token = client.headers["Authorization"].removeprefix("Bearer ")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        env={**os.environ, "GALLEY_URL": server.url, "GALLEY_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0
    assert "100 % Done" in said.decode()
    assert "# Oak desk lamps" in said.decode()
