"""The AI SDK's own transport and reader at a real Galley: whole runs, cuts, errors, cancels, and nothing paid twice."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.e2e.browser.desk import Teller
from tests.e2e.browser.press import ECHO, Press
from tests.e2e.clients.doc_blocks import count_lines, read_blocks
from tests.e2e.clients.node import CLIENTS, NodeClient, node_client
from tests.e2e.rig.ledger import read_ledger
from tests.e2e.rig.process import ROOT, GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy, plans

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCS = read_blocks("ai-sdk")
AT_ONCE = 16
KITES = {
    "GALLEY_DEFAULT_PROMPT": "kites",
    "GALLEY_SAMPLE_TOKENS_PER_SECOND": "400",
    "GALLEY_ACCESS_SECONDS": "86400",
    "GALLEY_WORKERS": str(AT_ONCE),
}
NOTE = ECHO | {"GALLEY_DEFAULT_PROMPT": "note", "GALLEY_GRACE_SECONDS": "0.3"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[NodeClient]:
    async with node_client("ai_sdk.mjs") as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kites(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GalleyProcess]:
    """Serve with a model whose first text fails its checks."""
    async with GalleyProcess(data=tmp_path_factory.mktemp("kites"), env=KITES, rig={"ledger": True}) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def press(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Press]:
    """Serve with a model that can be held in the middle of a text."""
    async with Press(data=tmp_path_factory.mktemp("press"), env=NOTE) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def critic(kites: GalleyProcess) -> AsyncIterator[Teller]:
    async with Teller(kites.url) as teller:
        yield teller


@pytest_asyncio.fixture(loop_scope="module")
async def teller(press: Press) -> AsyncIterator[Teller]:
    press.close_gate()
    async with Teller(press.url) as made:
        yield made


def user(text: str, message: str = "m1") -> dict[str, Any]:
    return {"id": message, "role": "user", "parts": [{"type": "text", "text": text}]}


def send(server: GalleyProcess | Proxy, teller: Teller, text: str, **more: Any) -> dict[str, Any]:
    """Send a message in the chat that is called like its text."""
    return resume(server, teller, text, do="send", message=user(text)) | more


def resume(server: GalleyProcess | Proxy, teller: Teller, chat: str, **more: Any) -> dict[str, Any]:
    return {"do": "resume", "url": server.url, "token": teller.token, "chat": chat} | more


def text_of(seen: dict[str, Any]) -> str:
    return "".join(part["text"] for part in seen["message"]["parts"] if part["type"] == "text")


def data_of(seen: dict[str, Any], kind: str) -> list[Any]:
    return [part["data"] for part in seen["message"]["parts"] if part["type"] == f"data-{kind}"]


async def assert_whole(teller: Teller, seen: dict[str, Any]) -> str:
    """Fail unless the client's text is the run's stored one; return it."""
    assert "refused" not in seen, seen
    run = await teller.run(seen["message"]["id"])
    assert (run["status"], seen["message"]["metadata"]["status"]) == ("complete", "complete")
    assert text_of(seen) == run["output"]
    assert [data["text"] for data in data_of(seen, "draft")] in ([], [""])
    assert (seen["errors"], seen["isDone"]) == ([], True)
    return str(run["output"])


async def test_a_whole_run_is_one_message_whose_text_is_the_output(
    kites: GalleyProcess, critic: Teller, node: NodeClient
) -> None:
    seen = await node.ask(send(kites, critic, "A whole run"))
    output = await assert_whole(critic, seen)

    assert [data["progress"] for data in data_of(seen, "progress")] == [100]
    assert [data["passed"] for data in data_of(seen, "findings")] == [False, True]
    assert len(data_of(seen, "usage")) == 2
    assert seen["chunks"][0] == "start"
    assert seen["chunks"][-4:] == ["text-start", "text-delta", "text-end", "finish"]
    # It was seen to grow, and the text of the attempt that failed is gone.
    assert len(seen["drafts"]) > 1
    assert any("wörd1" in draft for draft in seen["drafts"])
    assert "wörd1" not in output


async def test_cuts_at_any_byte_cost_nothing_and_pay_nothing(
    kites: GalleyProcess, critic: Teller, node: NodeClient, chance: random.Random, is_soak: bool
) -> None:
    runs = 500 if is_soak else 24
    turns = asyncio.Semaphore(AT_ONCE)
    async with Proxy(kites.port) as proxy:
        await node.ask(send(proxy, critic, "How long it is"))
        length = proxy.passed_bytes

    async def read_through_cuts(number: int) -> int:
        chosen = [Plan(after=chance.randrange(length), end=chance.choice(["cut", "reset"])) for _ in range(3)]
        async with turns, Proxy(kites.port, plans(*chosen)) as proxy:
            seen = await node.ask(send(proxy, critic, f"Cut number {number}"))
            await assert_whole(critic, seen)
            return int(seen["connections"])

    connections = await asyncio.gather(*map(read_through_cuts, range(runs)))
    calls = [call for call in read_ledger(kites.ledger) if "Cut number" in call.inputs]

    assert sum(connections) > 2 * runs
    # Two attempts each, whatever happened to who listened.
    assert len(calls) == 2 * runs


async def test_a_cut_within_the_last_bytes_is_healed_after_the_runs_end(
    kites: GalleyProcess, critic: Teller, node: NodeClient
) -> None:
    whole = await node.ask(send(kites, critic, "The last bytes"))
    async with Proxy(kites.port) as proxy:
        await node.ask(resume(proxy, critic, "The last bytes"))
        length = proxy.passed_bytes
    for left in (1, 5, 6, 40, 300):
        async with Proxy(kites.port, plans(Plan(after=length - left))) as proxy:
            seen = await node.ask(resume(proxy, critic, "The last bytes"))
            await assert_whole(critic, seen)
            assert (seen["connections"], seen["message"]["id"]) == (2, whole["message"]["id"])


async def test_a_server_that_drains_breaks_off_and_the_next_one_goes_on(
    press: Press, teller: Teller, node: NodeClient
) -> None:
    asking = asyncio.create_task(node.ask(send(press, teller, "Drained ⏸kites.")))
    await until_written(teller, "Drained")
    await press.terminate()
    press.open_gate()
    await press.start()
    seen = await asking

    assert await assert_whole(teller, seen) == "Drained kites."
    assert seen["connections"] > 1
    assert "data-notice" in seen["chunks"]
    assert len(await runs_of(teller, "Drained")) == 1


async def test_an_error_is_told_in_words_for_a_user(press: Press, teller: Teller, node: NodeClient) -> None:
    seen = await node.ask(send(press, teller, "Too ⏸slow.", run={"limits": {"deadline_seconds": 0.3}}))
    run = await teller.run(seen["message"]["id"])

    assert (run["status"], seen["errors"]) == ("error", [f"Error: {run['error']['message']}"])
    assert (text_of(seen), seen["message"]["metadata"]["code"]) == ("", "limit_reached")


async def test_a_cancel_is_an_abort_with_what_was_written_as_the_draft(
    press: Press, teller: Teller, node: NodeClient
) -> None:
    seen = await node.ask(send(press, teller, "Cancelled ⏸kites.", cancelAtDraft=True))
    run = await teller.run(seen["message"]["id"])
    again = await node.ask(resume(press, teller, "Cancelled ⏸kites."))

    assert (run["status"], seen["message"]["metadata"]["status"]) == ("cancelled", "cancelled")
    assert seen["errors"] == again["errors"] == ["Error: The run was cancelled."]
    assert seen["chunks"][-3:] == ["message-metadata", "abort", "error"]
    assert data_of(seen, "draft") == data_of(again, "draft") == [{"attempt": 1, "text": "Cancelled "}]


async def test_a_message_that_is_posted_again_attaches_and_another_one_does_not(
    press: Press, teller: Teller, node: NodeClient
) -> None:
    message = send(press, teller, "Posted ⏸again.")
    asking = [asyncio.create_task(node.ask(message)) for _ in range(5)]
    await until_written(teller, "Posted")
    press.open_gate()
    same = [await one for one in asking]
    same.append(await node.ask(message))
    (run_id,) = {seen["message"]["id"] for seen in same}
    other = await node.ask(message | {"message": user("Posted ⏸again.", message="m2")})
    anew = await node.ask(message | {"trigger": "regenerate-message", "messageId": run_id})
    for seen in (*same, other, anew):
        await assert_whole(teller, seen)

    assert {run_id, other["message"]["id"], anew["message"]["id"]} == set(await runs_of(teller, "Posted"))


async def test_there_is_nothing_to_resume_in_an_unknown_chat_or_in_somebody_elses(
    press: Press, teller: Teller, node: NodeClient
) -> None:
    await assert_whole(teller, await node.ask(send(press, teller, "Mine.")))
    unknown = await node.ask(resume(press, teller, "Nobody's."))
    stranger = await node.ask(resume(press, teller, "Mine.", token=await add_eve(press)))

    assert [(seen["message"], seen["connections"]) for seen in (unknown, stranger)] == [(None, 1)] * 2


async def test_a_refusal_reaches_the_client_as_a_problem(press: Press, teller: Teller, node: NodeClient) -> None:
    wrong = await node.ask(send(press, teller, "Refused", run={"modell": "x"}))
    stranger = await node.ask(send(press, teller, "Refused", token="none"))

    assert "/run/modell" in wrong["refused"]
    assert '"status":401' in stranger["refused"]
    assert await runs_of(teller, "Refused") == []


@pytest.mark.parametrize("heading", ["useChat", "useCompletion", "Without React"])
async def test_the_docs_show_at_most_ten_lines_for_a_client(heading: str) -> None:
    assert count_lines(DOCS[heading]) <= 10


@pytest.mark.parametrize("cut", [None, 1_000, 5_000])
async def test_the_program_of_the_docs_works_as_it_is_written(
    kites: GalleyProcess, critic: Teller, cut: int | None
) -> None:
    text = f"Documented, cut at {cut}"
    async with Proxy(kites.port, plans(Plan(after=cut))) as proxy:
        printed = await run_module(DOCS["Without React"], proxy.url, critic.token, text, text)
    (run_id,) = await runs_of(critic, text)
    output = (await critic.run(run_id))["output"]

    assert printed == ("" if cut is None else "terminated\n") + f"{output}\n"


async def test_the_docs_way_to_post_the_last_message_alone_works_in_a_chat_of_any_length(
    press: Press, teller: Teller
) -> None:
    text = "The last message alone"
    printed = await run_module(f"{DOCS['Again, and once only']}\n{LONG_CHAT}", press.url, teller.token, text)

    assert printed == f"{text}\n"
    assert len(await runs_of(teller, text)) == 1


LONG_CHAT = """
import { DefaultChatTransport, readUIMessageStream } from "ai";
const [url, token, text] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const transport = new DefaultChatTransport({ api: `${url}/ai-sdk`, headers, prepareSendMessagesRequest });
const say = (text, id) => ({ id: `m${id}`, role: "user", parts: [{ type: "text", text }] });
const messages = [...Array(300).keys()].map((id) => say("x".repeat(10_000), id)).concat(say(text, "last"));
const stream = await transport.sendMessages({ chatId: text, messages, trigger: "submit-message" });
let last;
for await (last of readUIMessageStream({ stream, terminateOnError: true }));
console.log(last.parts.find((part) => part.type === "text").text);
"""


async def run_module(code: str, *arguments: str) -> str:
    """Run a program where the packages of tests/clients are; return what it prints."""
    command = ["node", "--input-type=module", "--eval", code, "--", "program", *arguments]
    ran = await asyncio.to_thread(subprocess.run, command, cwd=CLIENTS, check=True, capture_output=True, timeout=60)
    return ran.stdout.decode()


async def runs_of(teller: Teller, beginning: str) -> list[str]:
    """Return the ids of the runs whose text begins so."""
    return [run["run_id"] for run in await teller.runs() if run["excerpt"].startswith(beginning)]


async def until_written(teller: Teller, beginning: str) -> None:
    """Return when such a run's text is under way."""
    async with asyncio.timeout(30):
        while not any([(await teller.run(run_id))["partial"] for run_id in await runs_of(teller, beginning)]):
            await asyncio.sleep(0.02)


async def add_eve(server: GalleyProcess) -> str:
    """Add another user and return her access token."""
    password = "eve-has-a-password"
    environment = {**os.environ, "GALLEY_DATA": str(server.data)}
    command = [str(Path(sys.executable).parent / "galley"), "users", "add", "eve", "--password-stdin"]
    await asyncio.to_thread(
        subprocess.run, command, input=password.encode(), env=environment, cwd=ROOT, check=True, capture_output=True
    )
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/auth/login", json={"username": "eve", "password": password})
        return str(answer.raise_for_status().json()["access_token"])
