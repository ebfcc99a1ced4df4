"""What must hold for every client of the native protocol; each client's test is a subclass with its ways."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from attrs import field, frozen

from tests.e2e.clients.kites import HEAD_BYTES, NO_TIME, Kites
from tests.e2e.rig.scene import ask

TERMINAL = frozenset({"complete", "error", "cancelled"})
EVENT_TYPES = ("run", "progress", "delta", "draft", "text", "findings", "usage", "restarted", *sorted(TERMINAL))
PATIENCE_SECONDS = 60.0


@frozen(kw_only=True)
class Job:
    """A run to be followed to its end: started with `body`, or one that is there."""

    run_id: str = field(factory=lambda: str(uuid.uuid4()))
    body: dict[str, Any] | None = None


@frozen(kw_only=True)
class Told:
    """The data of every event that a client was told, or the status with which it was refused."""

    data: list[str] = field(factory=list)
    status: int | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """The data, decoded."""
        return [json.loads(text) for text in self.data]


def start(topic: str, **more: Any) -> Job:
    """Return a run that is to be started, under an id that the client made."""
    run_id = str(uuid.uuid4())
    return Job(run_id=run_id, body={**ask(topic, run_id=run_id), **more})


@pytest.mark.asyncio(loop_scope="session")
class ClientLaws:
    """A subclass says how its client follows runs, many at once, until each has its terminal event."""

    name: ClassVar[str]
    can_post: ClassVar[bool] = True
    cuts: ClassVar[int] = 6
    """How many connections are cut in `make test`; in the soak it is 500."""
    at_once: ClassVar[int] = 20
    least_bytes: ClassVar[int] = HEAD_BYTES
    """No connection is cut before so many."""

    async def follow(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        """Follow each job to its end, by way of `url`."""
        raise NotImplementedError

    async def follow_all(self, native: Kites, url: str, jobs: Sequence[Job]) -> list[Told]:
        """Do that, within bounds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.follow(native, url, jobs)

    async def follow_one(self, native: Kites, job: Job) -> Told:
        """Follow one job, by way of no proxy; a client that can't post finds its run there."""
        if not self.can_post and job.body is not None:
            answer = await native.direct.call("POST", "/run", json=job.body, headers={"Prefer": "respond-async"})
            assert answer.status_code == 202, answer.text
            job = Job(run_id=job.run_id)
        (told,) = await self.follow_all(native, native.server.url, [job])
        return told

    async def test_a_run_is_told_from_its_start_to_its_end(self, native: Kites) -> None:
        job = start(f"Kites for {self.name}")

        told = await self.follow_one(native, job)

        await native.assert_whole(job.run_id, told.events)
        assert told.events[-1]["success"] is True

    async def test_a_stream_cut_at_any_byte_is_resumed_and_whole(
        self, native: Kites, chance: random.Random, is_soak: bool
    ) -> None:
        whole = await native.finish(f"Cut kites for {self.name}")
        data = [frame.data for frame in whole.frames]
        left = 500 if is_soak else self.cuts
        while left > 0:
            cuts = min(left, self.at_once)
            # Whoever keeps connections is to open new ones, because what is planned for is a connection.
            await native.proxy.cut_all()
            count = native.cut(chance, cuts, sum(map(len, data)), least=self.least_bytes)
            told = await self.follow_all(native, native.proxy.url, [Job(run_id=whole.run_id or "")] * cuts)
            assert [describe(one, data) for one in told] == ["whole"] * cuts
            await native.assert_whole(whole.run_id or "", told[0].events)
            assert count() > 0, "no connection was cut"
            left -= count()

    async def test_a_run_that_can_not_be_carried_out_ends_in_an_error(self, native: Kites) -> None:
        told = await self.follow_one(native, start(f"Late kites for {self.name}", **NO_TIME))

        assert [event["type"] for event in told.events if event["type"] in TERMINAL] == ["error"]
        assert told.events[-1]["code"] == "limit_reached"

    async def test_a_request_that_is_refused_is_told_with_its_status(self, native: Kites) -> None:
        job = start("", inputs={}) if self.can_post else Job()

        (told,) = await self.follow_all(native, native.server.url, [job])

        assert (told.data, told.status) == ([], 422 if self.can_post else 404)

    async def test_a_run_that_is_cancelled_in_the_middle_ends_so(self, native: Kites) -> None:
        job = start(f"Kites that fly slowly for {self.name}")
        following = asyncio.create_task(self.follow_one(native, job))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await _read_partial(native, job.run_id)):
                await asyncio.sleep(0.02)

        answer = await native.direct.call("POST", f"/runs/{job.run_id}/cancel")
        told = await following

        assert answer.status_code in (200, 202)
        await native.assert_whole(job.run_id, told.events)
        deltas = "".join(event["text"] for event in told.events if event["type"] == "delta")
        assert (told.events[-1]["type"], told.events[-1]["draft"]) == ("cancelled", deltas)


def describe(told: Told, data: Sequence[str]) -> str:
    """Say how what was told is different from what there is to tell."""
    if told.data == data:
        return "whole"
    seqs = [event["seq"] for event in told.events]
    return f"refused with {told.status}" if told.status else f"{seqs} of {len(data)} events"


async def _read_partial(native: Kites, run_id: str) -> str | None:
    answer = await native.direct.call("GET", f"/runs/{run_id}")
    return answer.json().get("partial") if answer.status_code == 200 else None
