"""Runs that were admitted once and can't be carried out any more end, and their lost calls are accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from attrs import define, field

from domain.content.prompt_set import encode_prompt_set
from domain.ports import RunLog
from domain.run.events import Event, RunCancelled, RunFailed, TokensUsed
from domain.run.model import Finish, Lease, NewRun, Record, RunStatus
from tests.domain.pipeline.kit import NOTE, types
from tests.domain.pipeline.test_worker import TALKING, DeafQueue, Rig, canceller, rigged
from tests.examples import QUEUED, RUN_ID, make_record, make_spec

GONE = {"check": "acme_gone", "most": 3}


async def queue_run(rig: Rig, *, document: Mapping[str, Any] = NOTE, checks: Sequence[Mapping[str, Any]] = ()) -> None:
    spec = make_spec(checks=tuple(checks))
    first = make_record(QUEUED, seq=1, epoch=0, time=rig.clock.now())
    content = encode_prompt_set(document)
    await rig.store.runs.create(NewRun(id=RUN_ID, owner="ann", spec=spec, content=content, record=first))


async def end_of(rig: Rig) -> Event:
    async with rig.working():
        await rig.clock.advance(1)
        return (await rig.events())[-1]


async def test_a_run_whose_sets_check_is_not_installed_any_more_ends_with_an_error_that_names_it() -> None:
    async with rigged([]) as rig:
        await queue_run(rig, document={**NOTE, "checks": [GONE]}, checks=[GONE])
        end = await end_of(rig)

        assert isinstance(end, RunFailed)
        assert (end.code, end.retryable) == ("check_not_installed", False)
        assert end.message == (
            "The run needs the check acme_gone, which is not installed here: install the package that brings it "
            "(entry point group galley.checks), restart and run it again."
        )
        assert (await rig.store.runs.get(RUN_ID))[0].epoch == 1


async def test_checks_that_a_request_added_are_named_as_well() -> None:
    async with rigged([]) as rig:
        await queue_run(rig, checks=[GONE, {"check": "words", "max": 9}, {"check": "acme_lost"}])
        end = await end_of(rig)

        assert isinstance(end, RunFailed)
        assert end.message.startswith("The run needs the checks acme_gone, acme_lost, which are not installed here:")


@pytest.mark.parametrize(
    ("document", "checks", "code", "said"),
    [
        ({**NOTE, "output_format": "runes"}, [], "invalid_prompt_set", "The prompt set has 1 fault: /output_format "),
        (NOTE, [{"check": "words"}], "invalid_request", "A check can't be used as it is: needs at least one"),
    ],
    ids=["set", "request"],
)
async def test_what_is_against_this_versions_rules_ends_the_run_and_says_what(
    document: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], code: str, said: str
) -> None:
    async with rigged([]) as rig:
        await queue_run(rig, document=document, checks=checks)
        end = await end_of(rig)

        assert isinstance(end, RunFailed)
        assert end.code == code
        assert said in end.message


async def test_a_run_without_its_check_that_was_cancelled_meanwhile_is_cancelled() -> None:
    async with rigged([]) as rig:
        await queue_run(rig, document={**NOTE, "checks": [GONE]}, checks=[GONE])

        assert await canceller(rig).cancel(RUN_ID) is RunStatus.CANCELLED
        assert types(await rig.events()) == ["run", "cancelled"]


async def test_a_lost_run_that_was_cancelled_tells_what_its_open_call_used_in_the_append_of_its_end() -> None:
    async with rigged([TALKING]) as rig:
        await queue_run(rig)
        async with rig.working(queue=KilledQueue(rig.store.queue)):
            await rig.clock.advance(1)
        await rig.store.queue.request_cancel(RUN_ID)
        await rig.clock.advance(20)
        log = RememberingLog(rig.store.log)
        async with rig.working("worker-2", log=log):
            await rig.clock.advance(1)

        used, cancelled = (await rig.events())[-2:]
        assert log.appends == [["usage", "cancelled"]]
        assert isinstance(used, TokensUsed)
        assert (used.output_tokens, used.estimated, used.failure) == (2, True, "interrupted")
        assert isinstance(cancelled, RunCancelled)
        assert (cancelled.draft, cancelled.metadata["usage"]["calls"]) == ("Tea is ", 1)


class KilledQueue(DeafQueue):
    """The queue as a killed worker leaves it: nothing is given back."""

    async def release(self, lease: Lease) -> None:
        await asyncio.sleep(0)


@define
class RememberingLog:
    """A log that remembers which events came in one append."""

    log: RunLog
    appends: list[list[str]] = field(factory=list)

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        return await self.log.read(run_id, after=after, limit=limit)

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        self.appends.append([record.type for record in records])
        await self.log.append(lease, records, finish=finish)
