"""Who lost a run writes nothing more to it, who holds one keeps it, and no clock but the store's decides."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.rig.client import ClientLog
from tests.e2e.rig.engine import Engine, assert_nothing_broke, gather_evidence
from tests.e2e.rig.evidence import Evidence
from tests.e2e.rig.fleet import Fleet
from tests.e2e.rig.invariants import find_breaks
from tests.e2e.rig.proxy import Proxy
from tests.e2e.rig.scene import ask
from tests.e2e.scale.load import Load

LEASE_SECONDS = 1.0
TAKEOVER_SECONDS = LEASE_SECONDS + 2.0
DAY_SECONDS = 86_400.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "15", "GALLEY_LEASE_SECONDS": str(LEASE_SECONDS)}
MOVED_ON = "run moved on to another worker"


def lost_runs(evidence: Evidence) -> set[str]:
    """Return the runs that a second worker took over."""
    return {
        run_id
        for run_id, log in evidence.events.items()
        if any(event.type == "restarted" and event.fields["reason"] == "worker_lost" for event in log)
    }


async def test_workers_that_stood_still_or_were_cut_off_from_the_store_write_nothing_more_to_what_they_lost(
    engine: Engine, tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    """F17, F49 and F51: one is stopped; another's connections stay open, and nothing comes through them."""
    load, each = Load(), 33 if is_soak else 5
    async with Proxy(engine.port) as network:
        own = engine.url.replace(f":{engine.port}", f":{network.port}")
        fleet = Fleet(folder=tmp_path, engine=engine, env=ENV, fronts=1, workers=0)
        async with fleet, fleet.log_in() as client:
            # Both are full before there is anybody else, so that both have something to lose.
            stopped = fleet.make_worker("stopped", WORKERS=str(each))
            parted = fleet.make_worker("parted", WORKERS=str(each), STORE_URL=own)
            fleet.worker += [stopped, parted, fleet.make_worker("other")]
            await fleet.start_all([stopped, parted])
            load.begin([client], 2 * each, chance=chance, seconds=0.2)
            await load.until_under_way()
            await fleet.start_all(fleet.worker[2:])
            load.begin([client], each, chance=chance, seconds=0.2, name="Kites of others")
            await load.until_under_way()
            stopped.send_signal(signal.SIGSTOP)
            network.flows.clear()
            await asyncio.sleep(30 if is_soak else 3 * LEASE_SECONDS)
            stopped.send_signal(signal.SIGCONT)
            network.flows.set()
            await load.end()
            ends = [await worker.terminate() for worker in (stopped, parted)]
            evidence = await assert_nothing_broke(engine, fleet.calls, load.logs)

    # That an epoch never goes back in a log, which is checked above, is that nothing was written after the loss.
    lost = lost_runs(evidence)
    assert all(MOVED_ON in worker.stderr for worker in (stopped, parted))
    assert all(run_id in stopped.stderr + parted.stderr for run_id in lost)
    assert [end.code for end in ends] == [0, 0]


@pytest.mark.punctual
async def test_a_step_that_outlasts_its_lease_is_not_done_again_and_soon_is_once_its_worker_was_killed(
    engine: Engine, tmp_path: Path, is_soak: bool
) -> None:
    """F19 and F18: calls that last 20 s; nobody takes them over for three leases (ten in the soak), then one has to."""
    runs, leases = (200, 10) if is_soak else (6, 3)
    env = ENV | {"GALLEY_WORKERS": str(runs)}
    logs = [ClientLog(user="") for _ in range(runs)]
    async with Fleet(folder=tmp_path, engine=engine, env=env, fronts=1, workers=2) as fleet, fleet.log_in() as client:
        following = []
        for number, log in enumerate(logs):
            log.user = client.user
            body = ask(f"Kites slowly number {number}", limits={"attempts": 1})
            following.append(asyncio.create_task(client.follow_new(body, key=str(number), log=log)))
        await asyncio.gather(*(log.until(lambda seen: len(seen.frames) > 5) for log in logs))
        await asyncio.sleep(leases * LEASE_SECONDS)
        before = await gather_evidence(engine, fleet.calls, logs, is_over=False)
        killed_at = time.time()
        await fleet.worker[0].kill_group()
        await asyncio.sleep(TAKEOVER_SECONDS)
        for log in logs:
            await client.call("POST", f"/runs/{log.run_id}/cancel")
        await asyncio.gather(*following)
        evidence = await assert_nothing_broke(engine, fleet.calls, logs)

    assert {event.epoch for log in before.events.values() for event in log} == {0, 1}
    assert len(before.calls) == runs
    times = [
        datetime.fromisoformat(event.fields["time"]).timestamp()
        for log in evidence.events.values()
        for event in log
        if event.type == "restarted"
    ]
    assert times
    assert max(times) - killed_at <= TAKEOVER_SECONDS


async def test_clocks_that_are_wrong_or_set_in_the_middle_end_no_run_and_move_none(
    engine: Engine, tmp_path: Path, chance: random.Random
) -> None:
    """F22: one worker's clock is set a day ahead, another's an hour back; leases go by the store's."""
    load = Load()
    env = ENV | {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "40"}
    async with Fleet(folder=tmp_path, engine=engine, env=env, fronts=1, workers=0) as fleet, fleet.log_in() as client:
        fleet.worker += [fleet.make_worker("ahead"), fleet.make_worker("behind")]
        for worker, seconds in zip(fleet.worker, (DAY_SECONDS, -3600.0), strict=True):
            worker.rig = {**worker.rig, "jump_seconds": seconds}
        await fleet.start_all(fleet.worker)
        load.begin([client], 12, chance=chance, seconds=0.2)
        await load.until_under_way()
        for worker in fleet.worker:
            worker.send_signal(signal.SIGUSR2)
        # These are claimed by clocks that are wrong from the beginning.
        load.begin([client], 6, chance=chance, seconds=0.2, name="Kites of another day")
        await load.end()
        evidence = await gather_evidence(engine, fleet.calls, load.logs)

    # Whether a call came after its text was stored can't be told by clocks that differ; each was made once, below.
    assert [breach for breach in find_breaks(evidence) if "after its text was stored" not in breach] == []
    assert {log.events[-1].get("success") for log in load.logs} == {True}
    assert {event.epoch for log in evidence.events.values() for event in log} == {0, 1}
    assert len(evidence.calls) == 2 * len(load.logs)
