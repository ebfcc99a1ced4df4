"""A deploy replaces every process of a fleet while it works, by another release and back again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from tests.e2e.rig.engine import Engine, assert_nothing_broke
from tests.e2e.rig.fleet import Fleet
from tests.e2e.rig.next_release import NEW_TYPE
from tests.e2e.rig.process import PROMPTS, Exit, GalleyProcess
from tests.e2e.scale.load import Load

GRACE_SECONDS = 2.0
ENV = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "20", "GALLEY_GRACE_SECONDS": str(GRACE_SECONDS)}
SLOW_RUNS = 6
NEXT = "tests.e2e.rig.next_release"


class Deploy:
    """Replaces processes one after the other: the new one is ready before the old one is told to stop."""

    def __init__(self, fleet: Fleet, prompts: Path) -> None:
        self.fleet = fleet
        self.prompts = prompts
        self.ends: list[Exit] = []
        self._made = 0

    async def replace(self, kind: list[GalleyProcess], number: int, *, is_next: bool) -> None:
        self._made += 1
        new, old = self._make(kind is self.fleet.front, is_next), kind[number]
        kind.append(new)
        await self.fleet.start_all([new])
        self.fleet.balancer.ports = [front.port for front in self.fleet.front if front is not old]
        self.ends.append(await old.terminate())
        kind.remove(old)

    def _make(self, is_front: bool, is_next: bool) -> GalleyProcess:
        name, env = f"deployed-{self._made}", {"PROMPTS": str(self.prompts)} if is_next else {}
        made = self.fleet.make_front(name, WORKERS="0", **env) if is_front else self.fleet.make_worker(name, **env)
        if is_next:
            made.rig = {**made.rig, "module": NEXT}
        return made


def edit_prompts(folder: Path) -> Path:
    """Return prompt set files whose texts are longer than what runs of this release were admitted with."""
    shutil.copytree(PROMPTS, folder)
    file = folder / "kites.yaml"
    file.write_text(file.read_text().replace("min: 40, max: 80", "min: 45, max: 90"))
    return folder


async def test_a_deploy_to_the_next_release_and_back_loses_nothing_and_mixes_nothing(
    engine: Engine, tmp_path: Path, chance: random.Random, is_soak: bool
) -> None:
    """F24 and F25."""
    load, count = Load(), 60 if is_soak else 12
    async with Fleet(folder=tmp_path, engine=engine, env=ENV, fronts=1, workers=2) as fleet, fleet.log_in() as client:
        deploy = Deploy(fleet, edit_prompts(tmp_path / "prompts"))
        # These outlast the whole deploy, whoever has them.
        load.begin([client], SLOW_RUNS, chance=chance, seconds=0.2, name="Kites slowly of before")
        slow = list(load.logs)
        load.begin([client], count, chance=chance, seconds=0.2, name="Kites of before")
        await load.until_under_way()
        await deploy.replace(fleet.worker, 0, is_next=True)
        load.begin([client], count, chance=chance, seconds=0.2, name="Kites of the middle")
        await load.until_under_way()
        await deploy.replace(fleet.front, 0, is_next=True)
        load.begin([client], count, chance=chance, seconds=0.2, name="Kites of after")
        await load.until_under_way()
        await deploy.replace(fleet.worker, 1, is_next=False)
        for log in slow:
            await client.call("POST", f"/runs/{log.run_id}/cancel")
        await load.end()
        evidence = await assert_nothing_broke(engine, fleet.calls, load.logs)

    assert {log.events[-1].get("success") for log in load.logs if log not in slow} == {True}
    assert {log.events[-1]["type"] for log in slow} == {"cancelled"}
    assert all((end.code, end.seconds < GRACE_SECONDS + 2) == (0, True) for end in deploy.ends), deploy.ends
    assert load.reasons() == {"handed_over"}
    shown = [log for log in load.logs if any(frame.event == NEW_TYPE for frame in log.frames)]
    assert 0 < len(shown) < len(load.logs)
    assert any(control.event == "draining" for log in load.logs for control in log.controls)
    for log in load.logs:
        pinned, told = log.events[0]["prompt"], log.events[-1]["metadata"]["prompt"]
        assert pinned == told
    assert {log.events[0]["prompt"]["version"] for log in load.logs} == {1, 2}
    assert len(evidence.states) == 3 * count + SLOW_RUNS
