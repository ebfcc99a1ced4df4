"""Our Python client, sync and async, on a real Galley: cuts, kills, expired tokens, errors and cancels."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from galley_client import (
    AsyncGalley,
    Backoff,
    Event,
    Galley,
    ProblemError,
    Reset,
    RunCancelled,
    RunCancelledError,
    RunFailedError,
    TextGrew,
)
from tests.e2e.clients.kites import NO_TIME, Kites, flying, key_of
from tests.e2e.rig.process import ADMIN_PASSWORD
from tests.e2e.rig.proxy import Plan, plans

Kind = Literal["sync", "async"]
KINDS: tuple[Kind, Kind] = ("sync", "async")
ADMIN = {"username": "admin", "password": ADMIN_PASSWORD}
AT_ONCE = Backoff(chance=lambda: 0.02)
SLOW = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "20"}

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Told:
    """What one stream told, and the text that it put together."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.text = ""
        self.run_id = ""

    @property
    def raw(self) -> list[str]:
        return ["reset" if isinstance(event, Reset) else event.raw.decode() for event in self.events]

    @property
    def data(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.raw]


async def read(
    kind: Kind,
    url: str,
    method: Literal["stream", "follow"],
    *given: Any,
    who: Mapping[str, Any] = ADMIN,
    on_event: Callable[[Event], object] = lambda _: None,
    **options: Any,
) -> Told:
    """Read a stream to its end, in a thread where the client is the one that waits."""
    told = Told()

    def take(event: Event) -> None:
        told.events.append(event)
        on_event(event)

    def wait() -> None:
        with Galley(url, **who, backoff=AT_ONCE) as galley, getattr(galley, method)(*given, **options) as events:
            for event in events:
                take(event)
            told.text, told.run_id = events.text, events.run_id

    if kind == "sync":
        await asyncio.to_thread(wait)
        return told
    async with AsyncGalley(url, **who, backoff=AT_ONCE) as galley, getattr(galley, method)(*given, **options) as events:
        async for event in events:
            take(event)
        told.text, told.run_id = events.text, events.run_id
    return told


@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_read_through_a_cut_at_any_byte_is_the_same(
    native: Kites, chance: random.Random, is_soak: bool, kind: Kind
) -> None:
    topic, who = f"Kites for {kind}", {"token": native.token}
    whole = await native.finish(topic)
    run_id = whole.run_id or ""
    before = native.proxy.passed_bytes
    first = await read(kind, native.proxy.url, "follow", run_id, who=who)
    length = native.proxy.passed_bytes - before

    for number in range(500 if is_soak else 8):
        native.cut(chance, 1, length, least=1)
        if number % 2:
            told = await read(kind, native.proxy.url, "follow", run_id, who=who)
        else:
            told = await read(kind, native.proxy.url, "stream", "kites", {"topic": topic}, key=key_of(topic), who=who)
        assert told.raw == [frame.data for frame in whole.frames]
        assert told.text == first.text == whole.events[-1]["output"]

    await native.assert_whole(run_id, first.data)
    assert await native.count_runs(topic) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_live_run_that_is_cut_again_and_again_is_whole_and_started_once(
    native: Kites, chance: random.Random, is_soak: bool, kind: Kind
) -> None:
    for number in range(50 if is_soak else 1):
        topic = f"Live kites for {kind}, number {number}"
        native.cut(chance, 10, 4_000, least=1)

        told = await read(kind, native.proxy.url, "stream", "kites", {"topic": topic}, who={"token": native.token})

        await native.assert_whole(told.run_id, told.data)
        assert told.text == told.data[-1]["output"]
        assert await native.count_runs(topic) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_to_the_post_that_is_lost_never_starts_a_second_run(native: Kites, kind: Kind) -> None:
    topic = f"Lost kites for {kind}"
    first = native.proxy.connections
    choose = plans(*[Plan(after=bytes_, end="reset") for bytes_ in (1, 1, 5, 60)])
    native.proxy.choose = lambda number: choose(number - first)

    if kind == "sync":
        with Galley(native.proxy.url, token=native.token, backoff=AT_ONCE) as waiting:
            end = await asyncio.to_thread(waiting.run, "kites", {"topic": topic})
    else:
        async with AsyncGalley(native.proxy.url, token=native.token, backoff=AT_ONCE) as galley:
            end = await galley.run("kites", {"topic": topic})

    assert end.success
    assert native.proxy.connections - first > 4
    assert await native.count_runs(topic) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_that_can_not_be_carried_out_and_one_that_is_refused_are_errors(native: Kites, kind: Kind) -> None:
    async def run(**options: Any) -> None:
        if kind == "sync":
            with Galley(native.server.url, **ADMIN) as galley:
                await asyncio.to_thread(galley.run, "kites", **options)
        else:
            async with AsyncGalley(native.server.url, **ADMIN) as galley:
                await galley.run("kites", **options)

    with pytest.raises(RunFailedError) as failed:
        await run(inputs={"topic": f"Late kites for {kind}"}, **NO_TIME)
    with pytest.raises(ProblemError) as refused:
        await run(inputs={})

    assert (failed.value.code, failed.value.event.metadata["limit"]) == ("limit_reached", "deadline_seconds")
    assert (refused.value.status, refused.value.code) == (422, "invalid_request")
    assert [fault.pointer for fault in refused.value.errors] == ["/inputs/topic"]


async def test_a_run_that_is_cancelled_in_the_middle_ends_so(native: Kites) -> None:
    async with AsyncGalley(native.server.url, **ADMIN) as galley:
        loop = asyncio.get_running_loop()
        asked: dict[str, asyncio.Task[str]] = {}

        def cancel(run_id: str) -> None:
            if run_id not in asked:
                asked[run_id] = loop.create_task(galley.cancel(run_id))

        def note(event: Event) -> None:
            if isinstance(event, TextGrew):
                loop.call_soon_threadsafe(cancel, event.run_id)

        url = native.server.url
        both = await asyncio.gather(
            *(
                read(k, url, "stream", "kites", {"topic": f"Kites that fly slowly for {k}"}, on_event=note)
                for k in KINDS
            )
        )
        for told in both:
            await native.assert_whole(told.run_id, told.data)
            assert await asked[told.run_id] in ("running", "cancelled")
            with pytest.raises(RunCancelledError):
                await galley.wait(told.run_id)

    for told in both:
        end = told.events[-1]
        assert isinstance(end, RunCancelled)
        assert end.draft == told.text != ""


async def test_a_server_killed_in_the_middle_and_one_that_drains_lose_nothing(tmp_path: Path) -> None:
    async with flying(tmp_path, GALLEY_GRACE_SECONDS="0.2", GALLEY_LEASE_SECONDS="1", **SLOW) as kites:
        loop, topics = asyncio.get_running_loop(), {kind: f"Kites for {kind}" for kind in KINDS}
        has_come = {(kind, stage): asyncio.Event() for kind in KINDS for stage in ("generator", "retry")}

        def note(kind: str, event: Event) -> None:
            if isinstance(event, TextGrew):
                loop.call_soon_threadsafe(has_come[kind, event.stage].set)

        reading = [
            asyncio.create_task(
                read(kind, kites.server.url, "stream", "kites", {"topic": topics[kind]}, on_event=partial(note, kind))
            )
            for kind in KINDS
        ]
        await asyncio.gather(*(has_come[kind, "generator"].wait() for kind in KINDS))
        await kites.server.restart()
        await asyncio.gather(*(has_come[kind, "retry"].wait() for kind in KINDS))
        await kites.server.terminate()
        await kites.server.start()
        for kind, told in zip(KINDS, await asyncio.gather(*reading), strict=True):
            await kites.assert_whole(told.run_id, told.data)
            assert await kites.count_runs(topics[kind]) == 1
            assert "worker_lost" in {event["reason"] for event in told.data if event["type"] == "restarted"}
            assert told.text == told.data[-1]["output"]


async def test_a_token_that_expires_in_the_middle_is_renewed(tmp_path: Path) -> None:
    env = {"GALLEY_ACCESS_SECONDS": "5", "GALLEY_SAMPLE_TOKENS_PER_SECOND": "14"}
    async with flying(tmp_path, **env) as kites:
        url = kites.proxy.url
        both = await asyncio.gather(*(read(kind, url, "stream", "kites", {"topic": kind}) for kind in KINDS))
        seconds = [
            datetime.fromisoformat(told.data[-1]["time"]) - datetime.fromisoformat(told.data[0]["time"])
            for told in both
        ]

    for told in both:
        assert [event["seq"] for event in told.data] == list(range(1, len(told.data) + 1))
        assert told.text == told.data[-1]["output"]
    assert min(seconds).total_seconds() > 5, "else no token expired"


async def test_everything_else_that_the_api_has(native: Kites) -> None:
    async with AsyncGalley(native.server.url, **ADMIN) as galley:
        run_id = await galley.start("kites", {"topic": "Other kites"}, tags=["other"])
        end = await galley.wait(run_id)
        record = await galley.get(run_id)
        listed = [run.run_id async for run in galley.runs(status=["complete"], text="other")]
        exported = await galley.export(run_id, "txt")
        again = await galley.wait(await galley.rerun(run_id, inputs={"topic": "More kites"}))
        ticket = await galley.ticket(run_id)
        prompt, prompts = await galley.prompt("kites"), await galley.prompts()
        models, me = await galley.models(), await galley.me()
        rest = [event.type async for event in galley.follow(run_id, after=record.cursor)]
        late = [event.type async for event in galley.follow(run_id, after=f"{run_id}:0-1")]

    assert (record.output, record.success, record.metadata) == (end.output, True, end.metadata)
    assert run_id in listed
    assert "wörd2" in exported.decode()
    assert again.metadata["rerun_of"]["run_id"] == run_id
    assert ticket.expires_in == 30
    assert (prompt.main_input, [one.name for one in prompts]) == ("topic", ["kites"])
    assert ([model.id for model in models], me.name) == (["kites"], "admin")
    assert (rest, late[-1]) == ([], "complete")
    assert "run" not in late
