"""GET /runs/{id}: what a run's log folds to, beside what its store keeps of it."""

from __future__ import annotations

from typing import Any

import attrs

from domain.content.finding import Finding, Place
from domain.run.events import (
    DraftWritten,
    RunCompleted,
    RunFailed,
    TextFormatted,
    TextJudged,
    TokensUsed,
)
from domain.run.model import Lease, Stage, StoredRun, Tail
from entrypoints.http.app import create_app
from tests.entrypoints.arrangement import BODY, COMPLETE, GENERATING, House, delta

Headers = dict[str, str]
SHORT = Finding(check="words", message="Too short.", where=Place(line=1, column=1, quote="Tea."))


class RunsThatEnd:
    """The store's runs, one of which ends just before it is read for the second time."""

    def __init__(self, house: House, lease: Lease) -> None:
        self._house = house
        self._lease = lease
        self._reads = 0

    async def get(self, run_id: str) -> tuple[StoredRun, Tail]:
        self._reads += 1
        if self._reads == 2:
            await self._house.complete_with(self._lease)
        return await self._house.store.runs.get(run_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house.store.runs, name)


async def carry_out(house: House, headers: Headers) -> str:
    """Return a run that wrote a draft which fell short, and ended with it after two seconds."""
    run_id = await house.begin(headers, tags=["spring"], limits={"attempts": 2})
    await house.clock.advance(2)
    await house.complete(
        run_id,
        GENERATING,
        delta("Tea."),
        DraftWritten(message="Initial draft generated", draft="Tea."),
        TokensUsed(stage=Stage.GENERATOR, attempt=1, model="scripted", input_tokens=12, output_tokens=3),
        TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea.\n", format="markdown"),
        TextJudged(attempt=1, passed=False, findings=(SHORT,)),
    )
    return run_id


async def test_a_run_is_what_its_log_folds_to(house: House, ann: Headers) -> None:
    run_id = await carry_out(house, ann)

    run = await house.read(f"/runs/{run_id}", ann)

    assert (
        run
        | {
            "run_id": run_id,
            "owner": "id-ann",
            "status": "complete",
            "success": True,
            "cancel_requested": False,
            "model": "scripted",
            "output_format": "markdown",
            "checks": [],
            "stage": "generator",
            "progress": 50,
            "draft": "Tea.",
            "partial": None,
            "output": "Tea.\n",
            "error": None,
            "metadata": {"limit": None},
            "cursor": f"{run_id}:1-8",
            "created_at": "2026-01-01T00:00:00.000Z",
            "finished_at": "2026-01-01T00:00:02.000Z",
        }
        == run
    )
    assert run["request"]["inputs"] == {"topic": "tea", "tone": "plain"}
    assert run["request"]["tags"] == ["spring"]
    assert run["limits"]["attempts"] == 2
    assert run["usage"]["output_tokens"] == 3
    assert run["attempts"] == [
        {
            "attempt": 1,
            "text": "Tea.\n",
            "truncated": False,
            "passed": False,
            "findings": [
                {"check": "words", "message": "Too short.", "where": {"line": 1, "column": 1, "quote": "Tea."}}
            ],
            "raw": "",
        }
    ]


async def test_a_live_run_shows_the_text_so_far_and_where_its_events_go_on(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.write(await house.claim(run_id), GENERATING, delta("Te"), delta("a", 2))

    run = await house.read(f"/runs/{run_id}", ann)

    assert (run["status"], run["partial"], run["cursor"]) == ("running", "Tea", f"{run_id}:1-4")


async def test_a_failed_run_shows_why(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    error = RunFailed(code="provider_refused", message="No.", retryable=False, stage=Stage.GENERATOR, metadata={"a": 1})
    await house.write(await house.claim(run_id), error)

    run = await house.read(f"/runs/{run_id}", ann)

    assert run["error"] == {"code": "provider_refused", "message": "No.", "retryable": False, "stage": "generator"}
    assert (run["status"], run["output"], run["metadata"]) == ("error", None, {"a": 1})


async def test_a_run_that_ends_while_it_is_read_is_shown_live_or_with_its_end_and_never_between(
    house: House, ann: Headers
) -> None:
    run_id = await house.begin(ann)
    lease = await house.claim(run_id)
    await house.write(lease, GENERATING, delta("Tea."))
    runs: Any = RunsThatEnd(house, lease)
    torn = attrs.evolve(house, app=create_app(attrs.evolve(house.services, runs=runs)))

    run = await torn.read(f"/runs/{run_id}", ann)

    assert (run["status"], run["output"], run["success"]) == ("complete", COMPLETE.output, True)
    assert (run["metadata"], run["cursor"]) == ({"limit": None}, f"{run_id}:1-4")


async def test_the_record_of_a_long_run_is_read_in_pages(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann)
    await house.complete(run_id, *(delta("a", number) for number in range(1200)))

    run = await house.read(f"/runs/{run_id}", ann)

    assert (run["output"], run["cursor"]) == (COMPLETE.output, f"{run_id}:1-1202")


async def test_text_is_shown_as_it_is(house: House, ann: Headers) -> None:
    run_id = await house.begin(ann, inputs={"topic": "\u2028 <script> \r\n 😀"})
    await house.write(await house.claim(run_id), RunCompleted(success=True, output="\u2028 😀\r\n"))

    run = await house.read(f"/runs/{run_id}", ann)

    assert (run["request"]["inputs"]["topic"], run["output"]) == ("\u2028 <script> \r\n 😀", "\u2028 😀\r\n")
    assert BODY["inputs"] == {"topic": "tea"}
