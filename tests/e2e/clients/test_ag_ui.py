"""@ag-ui/client as others install it, at a real Galley: whatever happens, at the end it has what Galley keeps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from attrs import frozen

from tests.e2e.clients.ag_ui_agent import AgUiAgent, Outcome, open_agent
from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.process import GalleyProcess
from tests.e2e.rig.proxy import Plan, Proxy
from tests.e2e.rig.scene import assert_nothing_broke, log_in
from tests.e2e.test_cuts import choose_ending, cut_next
from tests.examples import RUN_ID

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENV = {
    "GALLEY_SAMPLE_TOKENS_PER_SECOND": "80",
    "GALLEY_DEFAULT_PROMPT": "kites",
    "GALLEY_ACCESS_SECONDS": "86400",
    "GALLEY_LEASE_SECONDS": "0.5",
    "GALLEY_GRACE_SECONDS": "0.2",
}
LONG = {"checks": [{"check": "words", "min": 500}], "limits": {"attempts": 5}}
"""Props of a run that never passes and so lasts for seconds: time to meet it in the middle on a busy machine."""
STAGES = ("load_prompts", "generator", "formatter", "validator", "retry", "done")


@frozen
class Desk:
    """A Galley, its user's client, and the agents of others."""

    server: GalleyProcess
    client: GalleyClient
    agent: AgUiAgent

    async def call(self, text: str, url: str | None = None, **options: Any) -> Outcome:
        """Let an agent follow a run to its end."""
        return await self.agent.call(url or self.server.url, self.client, text, **options)

    async def output_of(self, run_id: str) -> str:
        """Return the text that Galley keeps of a run."""
        return str((await self.client.call("GET", f"/runs/{run_id}")).json()["output"])

    async def until(self, run_id: str, progress: int) -> None:
        """Wait until a run has come so far."""
        async with asyncio.timeout(30):
            while (await self.client.call("GET", f"/runs/{run_id}")).json().get("progress", -1) < progress:
                await asyncio.sleep(0.02)

    async def count_runs(self, topic: str) -> int:
        """Return how many runs there are about a topic."""
        return len((await self.client.call("GET", "/runs", params={"text": topic})).json()["runs"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """Serve once for this file; at its end every invariant has to hold."""
    data = tmp_path_factory.mktemp("galley")
    async with GalleyProcess(data=data, env=ENV, rig={"ledger": True}) as server, log_in(server) as client:
        async with open_agent() as agent:
            yield Desk(server, client, agent)
        assert_nothing_broke(server, [])
        assert "Traceback" not in server.stderr


@pytest_asyncio.fixture(loop_scope="module")
async def proxy(desk: Desk) -> AsyncIterator[Proxy]:
    async with Proxy(desk.server.port) as made:
        yield made


async def test_a_run_is_one_message_which_is_its_output(desk: Desk) -> None:
    run_id = str(uuid4())
    outcome = await desk.call("Kites", runId=run_id)

    assert outcome.complaints == []
    assert outcome.result is not None
    assert outcome.result["output"] == outcome.text == await desk.output_of(run_id)
    assert [message["id"] for message in outcome.messages] == ["question", run_id]
    assert (outcome.state["stage"], outcome.state["progress"]) == ("done", 100)
    (events,) = outcome.streams
    assert events.count("STEP_STARTED") == events.count("STEP_FINISHED") == len(STAGES)
    assert events.count("TEXT_MESSAGE_START") == 3, "the draft, its repair and the output"
    assert events.count("CUSTOM findings") == events.count("CUSTOM usage") == 2


@pytest.mark.parametrize("resume", ["cursor", "anew"])
async def test_a_finished_run_read_through_a_cut_at_any_byte_is_whole(
    desk: Desk, proxy: Proxy, chance: random.Random, is_soak: bool, resume: str
) -> None:
    run_id, topic, outcomes = str(uuid4()), f"Kites through cuts, {resume}", []
    await desk.call(topic, runId=run_id)
    await desk.call(topic, proxy.url, runId=run_id)
    length = proxy.passed_bytes
    for number in range(500 if is_soak else 15):
        # The agent keeps its connection, and a cut is counted from a connection's beginning.
        await proxy.cut_all()
        proxy.choose = cut_next(proxy, Plan(after=chance.randrange(length), end=choose_ending(number)))
        outcomes.append(await desk.call(topic, proxy.url, runId=run_id, tries=3, resume=resume))

    assert [outcome.complaints for outcome in outcomes] == [[]] * len(outcomes)
    assert {outcome.text for outcome in outcomes} == {await desk.output_of(run_id)}
    assert {len(outcome.messages) for outcome in outcomes} == {2}
    assert sum(len(outcome.streams) == 2 for outcome in outcomes) > 0.8 * len(outcomes)


async def test_live_runs_followed_through_many_cuts_are_whole(
    desk: Desk, proxy: Proxy, chance: random.Random, is_soak: bool
) -> None:
    proxy.choose = lambda number: Plan(after=chance.randrange(2000, 12_000), end=choose_ending(number))
    runs = {str(uuid4()): f"Kites, number {number}" for number in range(100 if is_soak else 2)}
    outcomes = [await desk.call(topic, proxy.url, runId=run_id, tries=200) for run_id, topic in runs.items()]

    assert [outcome.complaints for outcome in outcomes] == [[]] * len(outcomes)
    assert [outcome.text for outcome in outcomes] == [await desk.output_of(run_id) for run_id in runs]
    assert sum(len(outcome.streams) for outcome in outcomes) > 2 * len(outcomes)


async def test_a_server_killed_while_a_model_writes_leaves_no_text_doubled(desk: Desk) -> None:
    run_id = str(uuid4())
    following = asyncio.create_task(desk.call("Kites, killed", runId=run_id, props=LONG, tries=100_000))
    await desk.until(run_id, 31)
    await desk.server.restart()
    outcome = await following

    assert outcome.complaints == []
    assert (outcome.text, len(outcome.messages)) == (await desk.output_of(run_id), 2)
    assert len(outcome.streams) > 1


async def test_a_server_that_goes_away_says_so_and_the_run_goes_on(desk: Desk) -> None:
    run_id = str(uuid4())
    following = asyncio.create_task(desk.call("Kites, drained", runId=run_id, props=LONG, tries=100_000))
    await desk.until(run_id, 31)
    await desk.server.terminate()
    await desk.server.start()
    outcome = await following

    first, *_, last = [stream for stream in outcome.streams if stream]
    assert outcome.complaints == []
    assert (first[-1], last[-1]) == ("CUSTOM draining", "RUN_FINISHED")
    assert (outcome.text, len(outcome.messages)) == (await desk.output_of(run_id), 2)


async def test_a_run_that_fails_ends_in_its_error(desk: Desk) -> None:
    outcome = await desk.call("Kites, too late", props={"limits": {"deadline_seconds": 0.001}})

    assert outcome.complaints == []
    assert (outcome.result, outcome.streams[0][-1]) == (None, "RUN_ERROR")
    assert outcome.error is not None
    assert outcome.error["code"] == "limit_reached"


async def test_a_cancel_reaches_whoever_follows(desk: Desk) -> None:
    run_id = str(uuid4())
    following = asyncio.create_task(desk.call("Kites, cancelled", runId=run_id, props=LONG))
    await desk.until(run_id, 31)
    await desk.client.call("POST", f"/runs/{run_id}/cancel")
    outcome = await following
    last = (await desk.client.follow(run_id)).events[-1]

    assert outcome.complaints == []
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["rawEvent"]) == ("cancelled", last)
    assert outcome.text == last["draft"] != ""


async def test_a_client_that_aborts_only_leaves_and_can_come_back(desk: Desk) -> None:
    run_id = str(uuid4())
    left = await desk.call("Kites, left", runId=run_id, abortAt="TEXT_MESSAGE_CONTENT")
    back = await desk.call("Kites, left", runId=run_id, messages=left.messages)

    assert left.result is None
    assert back.complaints == []
    assert (back.text, len(back.messages)) == (await desk.output_of(run_id), 2)


@pytest.mark.parametrize("run_id", [RUN_ID, "one"])
async def test_posting_again_starts_no_second_run(desk: Desk, run_id: str) -> None:
    topic = f"Kites of run {run_id}"
    outcomes = [await desk.call(topic, runId=run_id) for _ in range(5)]
    other = await desk.call("Boats", runId=run_id)

    assert await desk.count_runs(topic) == 1
    assert len({outcome.text for outcome in outcomes}) == 1
    assert [failure["status"] for failure in other.failures] == [422]


async def test_an_agent_is_told_what_is_wrong_with_its_input(desk: Desk) -> None:
    unknown_field = await desk.call("Kites", props={"owner": "somebody"})
    no_text = await desk.call("Kites", messages=[{"id": "1", "role": "assistant", "content": "Kites."}])

    assert [failure["status"] for failure in unknown_field.failures + no_text.failures] == [422, 422]
    assert "/forwardedProps/owner" in unknown_field.failures[0]["message"]
    assert "/messages" in no_text.failures[0]["message"]


async def test_a_thread_goes_on_with_the_next_question(desk: Desk) -> None:
    first = await desk.call("Kites first")
    question = {"id": "next", "role": "user", "content": "Boats next"}
    second = await desk.call("", messages=[*first.messages, question])

    assert second.complaints == []
    assert second.messages[:2] == first.messages
    assert [message["role"] for message in second.messages] == ["user", "assistant", "user", "assistant"]
    assert second.text.startswith("# Boats next")
