"""From events to records."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from domain.pipeline.transcript import Transcript, merge_deltas
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StageRestarted,
    TextGrew,
)
from domain.run.history import History
from domain.run.model import Finish, Record, RunStatus, Stage
from tests.examples import LEASE, NOW, QUEUED, RUN_ID, make_records, make_spec

GENERATING = Progressed(stage=Stage.GENERATOR, message="Generating", progress=30, attempt=1)


def grew(text: str, offset: int, *, attempt: int = 1, stage: Stage = Stage.GENERATOR) -> TextGrew:
    return TextGrew(stage=stage, attempt=attempt, text=text, offset=offset)


def make_transcript(*events: Event) -> Transcript:
    return Transcript(LEASE, make_spec(), History.fold(make_records((QUEUED, *events), epoch=0)))


def write(transcript: Transcript, *events: Event) -> tuple[Record, ...]:
    return transcript.write(events, now=NOW + timedelta(seconds=9, microseconds=1999))


def test_records_are_numbered_from_the_tail_on_and_carry_the_epoch() -> None:
    records = write(make_transcript(GENERATING), grew("Te", 0), DraftWritten(message="Done", draft="Te"))

    assert [(record.seq, record.epoch, record.type) for record in records] == [(3, 1, "delta"), (4, 1, "draft")]
    assert {record.run_id for record in records} == {RUN_ID}


def test_record_and_data_have_the_same_time_in_milliseconds() -> None:
    (record,) = write(make_transcript(), GENERATING)

    assert record.time == NOW + timedelta(seconds=9, milliseconds=1)
    assert json.loads(record.data)["time"] == "2026-01-01T00:00:09.001Z"


def test_no_time_is_before_its_predecessors() -> None:
    transcript = make_transcript(GENERATING)

    (record,) = transcript.write((grew("Te", 0),), now=NOW - timedelta(hours=1))

    assert record.time == NOW + timedelta(seconds=1)


def test_the_first_record_of_a_log_has_the_time_of_now() -> None:
    (record,) = Transcript(LEASE, make_spec(), History()).write((QUEUED,), now=NOW)

    assert (record.seq, record.time) == (1, NOW)


def test_neighbouring_deltas_of_a_stage_and_attempt_become_one() -> None:
    events = (grew("Te", 0), grew("a", 2), GENERATING, grew("!", 3), grew("Mi", 0, attempt=2), grew("lk", 2, attempt=2))

    assert merge_deltas(events) == [grew("Tea", 0), GENERATING, grew("!", 3), grew("Milk", 0, attempt=2)]


def test_a_restart_names_the_deltas_that_the_log_holds() -> None:
    transcript = make_transcript(GENERATING, grew("Te", 0), grew("a", 2))
    restart = StageRestarted(stage=Stage.GENERATOR, attempt=1, reason="provider_failed", supersedes=None)

    (record,) = write(transcript, restart)

    assert json.loads(record.data)["supersedes"] == {"from_seq": 3, "to_seq": 4}
    assert transcript.history.superseded is None


def test_the_end_says_what_is_known_of_the_run() -> None:
    transcript = make_transcript(GENERATING, grew("Te", 0))

    (record,) = write(transcript, RunCompleted(success=False, output="Te", metadata={"limit": "attempts"}))

    metadata = json.loads(record.data)["metadata"]
    assert metadata == {
        "run_id": RUN_ID,
        "trace_id": "1" * 32,
        "prompt": {"name": "note", "version": 1, "hash": "0" * 64},
        "model": {"asked": "scripted", "models": ["scripted"], "used": []},
        "output_format": "markdown",
        "attempts": [],
        "calls": [],
        "usage": {
            "calls": 0,
            "input_tokens": 0,
            "output_tokens": 0,
            "cached_tokens": 0,
            "cache_write_tokens": 0,
            "cost_usd": 0,
            "estimated": False,
        },
        "prices": [],
        "stages": {"generator": 1.0},
        "duration_seconds": 9.001,
        "time_to_first_token_seconds": 2.0,
        "restarts": 0,
        "rerun_of": None,
        "limit": "attempts",
    }


@pytest.mark.parametrize(
    ("end", "finish"),
    [
        (RunCompleted(success=True, output=""), Finish(status=RunStatus.COMPLETE, success=True)),
        (RunFailed(code="internal", message="", retryable=True, stage=Stage.DONE), Finish(status=RunStatus.ERROR)),
        (RunCancelled(message=""), Finish(status=RunStatus.CANCELLED)),
    ],
)
def test_the_status_goes_with_the_end(end: Event, finish: Finish) -> None:
    transcript = make_transcript()
    write(transcript, end)

    assert transcript.finish == finish
