"""What every client reads: the JSON of each event."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import attrs
import pytest

from domain.content.finding import Finding, Place
from domain.run.codec import decode_event, decode_spec, encode_canonical, encode_spec, format_time
from domain.run.events import (
    EVENT_CLASSES,
    Event,
    TextJudged,
    UnknownEvent,
)
from domain.run.model import Record, RunRequest
from tests.examples import EVENTS, NOW, QUEUED, RUN_ID, make_record, make_spec


def test_every_event_type_has_an_example() -> None:
    assert {event.type for event in EVENTS} == set(EVENT_CLASSES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_event(make_record(event, seq=2)) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_data_is_one_line_and_says_run_seq_time_and_type(event: Event) -> None:
    data = make_record(event, seq=7).data

    assert b"\n" not in data
    assert b"\r" not in data
    envelope = {"run_id": RUN_ID, "seq": 7, "time": "2026-01-01T00:00:00.000Z", "type": event.type}
    assert envelope.items() <= json.loads(data).items()


def test_progress_holds_what_a_client_of_the_first_version_expects() -> None:
    data = json.loads(make_record(EVENTS[1], seq=2).data)

    assert data == {
        "run_id": RUN_ID,
        "seq": 2,
        "time": "2026-01-01T00:00:00.000Z",
        "type": "progress",
        "stage": "generator",
        "message": "Generating content using scripted...",
        "progress": 30,
        "attempt": 1,
    }


def test_a_finding_says_only_what_is_known_of_its_place() -> None:
    findings = (
        Finding(check="words", message="Too short."),
        Finding(check="json_schema", message="Not a text.", where=Place(pointer="/a")),
        Finding(check="placeholders", message="Fill it in.", where=Place(line=2, column=1, quote="[TODO]")),
    )
    data = json.loads(make_record(TextJudged(attempt=1, passed=False, findings=findings), seq=2).data)

    assert [finding["where"] for finding in data["findings"]] == [
        None,
        {"pointer": "/a"},
        {"line": 2, "column": 1, "quote": "[TODO]"},
    ]


def test_an_unknown_type_passes_through_untouched() -> None:
    record = Record(run_id=RUN_ID, epoch=1, seq=2, time=NOW, type="applause", data=b'{"loud":true}')

    assert decode_event(record) == UnknownEvent(type="applause", data=b'{"loud":true}')


def test_fields_of_a_later_version_are_passed_over() -> None:
    record = make_record(QUEUED, seq=1)
    later = attrs.evolve(record, data=record.data.replace(b'"status"', b'"mood":"good","status"'))

    assert decode_event(later) == QUEUED


def test_a_spec_comes_back_as_it_was() -> None:
    spec = make_spec(checks=({"check": "words", "min": 1},))

    assert decode_spec(encode_spec(spec)) == spec


def test_a_spec_with_several_models_comes_back_and_an_older_one_has_one() -> None:
    spec = make_spec(fallbacks=("other",), request=RunRequest(prompt="note", model=("scripted", "other")))
    older = encode_spec(make_spec()).replace(b',"fallbacks":[]', b"")

    assert decode_spec(encode_spec(spec)) == spec
    assert (b"fallbacks" in older, decode_spec(older)) == (False, make_spec())


def test_a_spec_with_a_webhook_comes_back_and_an_older_one_has_none() -> None:
    spec = make_spec(request=RunRequest(prompt="note", webhook="https://hooks.example.com/"))
    older = encode_spec(make_spec()).replace(b',"webhook":null', b"")

    assert decode_spec(encode_spec(spec)) == spec
    assert (b"webhook" in older, decode_spec(older)) == (False, make_spec())


def test_equal_values_have_one_canonical_text() -> None:
    assert encode_canonical({"b": [1, {"d": 1, "c": 2}], "a": "é"}) == b'{"a":"\xc3\xa9","b":[1,{"c":2,"d":1}]}'


def test_times_are_utc_with_milliseconds() -> None:
    assert format_time(datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=UTC)) == "2026-05-04T03:02:01.987Z"
