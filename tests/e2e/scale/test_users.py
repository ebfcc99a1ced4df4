"""What users are promised holds whichever process they meet: log-outs, fairness, cancels; idling costs little."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.rig.client import GalleyClient
from tests.e2e.rig.engine import Engine, assert_nothing_broke
from tests.e2e.rig.fleet import Fleet
from tests.e2e.rig.scene import ask

DENIED_SECONDS = 5.0
IDLE_REQUESTS_PER_SECOND = 2.0
"""Of one process, twice and more what is in docs/operations.md."""
pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "another-correct-horse"
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "60", "GALLEY_WORKERS": "4"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(server: Engine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    await server.empty()
    folder = tmp_path_factory.mktemp("fleet")
    async with Fleet(folder=folder, engine=server, env=ENV, workers=2) as fleet:
        yield fleet


async def add_user(fleet: Fleet, name: str) -> None:
    """Add a user as an operator does."""
    process = await asyncio.create_subprocess_exec(
        *fleet.front[0].galley("users", "add", name),
        env=fleet.front[0].environment() | {"GALLEY_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0


async def time_one(client: GalleyClient, name: str) -> float:
    """Return how many seconds a run takes from being asked for to its end."""
    begun = time.monotonic()
    await client.follow_new(ask(name), key=name.replace(" ", "-"))
    return time.monotonic() - begun


async def test_a_fleet_that_has_nothing_to_do_asks_the_store_for_next_to_nothing(fleet: Fleet, is_soak: bool) -> None:
    seconds = 30.0 if is_soak else 3.0
    # What begins has more to ask than what waits.
    async with asyncio.timeout(30 + seconds):
        while (asked := await count_a_second(fleet.engine, seconds)) > IDLE_REQUESTS_PER_SECOND * len(fleet.processes):
            pass

    # Each looks whether its listening connection lives; so much shows that it is counted at all.
    assert asked > 0.1 * len(fleet.processes)


async def count_a_second(engine: Engine, seconds: float) -> float:
    """Return how many requests a second the store answered for so long."""
    before, begun = await engine.count_requests(), time.monotonic()
    await asyncio.sleep(seconds)
    return (await engine.count_requests() - before) / (time.monotonic() - begun)


async def test_a_cancel_at_one_front_ends_a_run_that_another_one_streams(fleet: Fleet) -> None:
    one, other = fleet.front
    async with fleet.log_in(one.url) as client, fleet.log_in(other.url) as elsewhere:
        following = asyncio.create_task(client.follow_new(ask("Kites slowly"), key="kites"))
        while not (runs := (await elsewhere.call("GET", "/runs")).json()["runs"]):
            await asyncio.sleep(0.05)
        await elsewhere.call("POST", f"/runs/{runs[0]['run_id']}/cancel")
        log = await following
        await assert_nothing_broke(fleet.engine, fleet.calls, [log])

    assert log.events[-1]["type"] == "cancelled"


async def test_who_logs_out_at_one_front_is_out_at_all_of_them(fleet: Fleet) -> None:
    """S13, with a stream that is open at the other front."""
    one, other = fleet.front
    async with fleet.log_in(one.url) as client, fleet.log_in(other.url) as elsewhere:
        elsewhere.headers = client.headers
        answer = await elsewhere.call("POST", "/run", json=ask("Kites slowly"), headers={"Prefer": "respond-async"})
        path = f"/runs/{answer.json()['run_id']}/events"
        async with elsewhere.http.stream("GET", path, headers=elsewhere.headers) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            assert (await client.call("POST", "/auth/logout")).status_code == 204
            out_at = time.monotonic()
            while (await elsewhere.call("GET", "/runs")).status_code != 401:
                await asyncio.sleep(0.05)
            denied = time.monotonic() - out_at
            async for _ in lines:
                pass
            ended = time.monotonic() - out_at
    async with fleet.log_in() as again:
        await again.call("POST", path.replace("events", "cancel"))

    assert denied <= DENIED_SECONDS
    assert ended <= DENIED_SECONDS


async def test_who_has_many_runs_queued_hardly_delays_anybody_else(fleet: Fleet, is_soak: bool) -> None:
    """S43."""
    await add_user(fleet, "bob")
    async with fleet.log_in() as ann, fleet.log_in(user="bob", password=PASSWORD) as bob:
        alone = [await time_one(bob, f"Boats alone {number}") for number in range(5 if is_soak else 1)]
        queued = 1000 if is_soak else 100
        gate = asyncio.Semaphore(20)

        async def queue(number: int) -> None:
            async with gate:
                await ann.call("POST", "/run", json=ask(f"Kites, number {number}"), headers={"Prefer": "respond-async"})

        await asyncio.gather(*(queue(number) for number in range(queued)))
        depth = (await fleet.engine.read()).states
        beside = await time_one(bob, "Boats beside")

    assert sum(state.status == "queued" for state in depth.values()) > queued / 3
    assert beside <= 2 * max(alone) + 0.5, (alone, beside)
