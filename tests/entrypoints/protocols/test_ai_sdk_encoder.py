"""A run as a UI message: its text is the run's output and nothing else ever was, however the stream comes in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    SeqRange,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
)
from domain.run.model import Record, Stage
from entrypoints.http.feed import HEARTBEAT, Control
from entrypoints.http.protocols.ai_sdk_chunk import DONE, UiDraft, UiProgress
from entrypoints.http.protocols.ai_sdk_encoder import MessageEncoder
from entrypoints.http.sse import HEARTBEAT_LINE
from tests.entrypoints.arrangement import COMPLETE, delta
from tests.entrypoints.protocols.run_logs import logs
from tests.entrypoints.protocols.ui_message import UiMessage
from tests.examples import EVENTS, GENERATING, METADATA, PIN, QUEUED, RUN_ID, SHORT, make_record, make_records

WRITTEN = DraftWritten(message="Written", draft="Tea.")
FORMATTED = TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea.\n", format="markdown")
FAILED = TextJudged(attempt=1, passed=False, findings=(SHORT,))
CANCELLED = RunCancelled(message="The run was cancelled.", draft="Te", metadata=METADATA)
BROKEN = RunFailed(
    code="provider_cut", message="It was cut.", retryable=True, stage=Stage.GENERATOR, draft="Te", metadata=METADATA
)


def read(*events: Event) -> UiMessage:
    """Return what a client has of a log that came one record at a time."""
    message, encoder = UiMessage(), MessageEncoder()
    for record in make_records(events):
        message.take_chunks(encoder.take([record]))
    return message


def restarted(supersedes: SeqRange | None) -> StageRestarted:
    return StageRestarted(stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=supersedes)


def cut(records: Sequence[Record], places: Iterable[int]) -> list[Sequence[Record]]:
    bounds = sorted({0, len(records), *(place % (len(records) + 1) for place in places)})
    return [records[start:end] for start, end in pairwise(bounds)]


@given(events=logs(), places=st.lists(st.integers(0, 10_000), max_size=30))
def test_the_text_is_the_stored_output_for_every_log_in_every_cut(events: tuple[Event, ...], places: list[int]) -> None:
    records, encoder, message = make_records(events), MessageEncoder(), UiMessage()
    for batch in cut(records, places):
        message.take_chunks(encoder.take(batch))
    end = events[-1]

    is_complete = isinstance(end, RunCompleted)
    assert message.text == message.completion == (end.output if is_complete else "")
    assert [part["state"] for part in message.parts if part["type"] == "text"] == ["done"] * is_complete
    assert message.draft == ("" if isinstance(end, RunCompleted) else getattr(end, "draft", None) or "")
    assert (message.error is None, encoder.is_over) == (is_complete, True)


@given(events=logs(), places=st.lists(st.integers(0, 10_000), max_size=30))
def test_a_replay_ends_in_the_same_message_as_what_came_live(events: tuple[Event, ...], places: list[int]) -> None:
    live, replayed = read(*events), UiMessage()
    encoder = MessageEncoder()
    for batch in cut(make_records(events), places):
        replayed.take_chunks(encoder.take(batch))

    def what_is_shown(message: UiMessage) -> Any:
        parts = {(part["type"], part.get("id", "")): part.get("data", part.get("text")) for part in message.parts}
        # A draft that came and went within one batch leaves no part, which shows the same as an empty one.
        shown = {place: data for place, data in parts.items() if place[0] != "data-draft"}
        return message.id, shown, message.draft, message.metadata, message.error, message.finish_reason

    assert what_is_shown(replayed) == what_is_shown(live)


@given(events=logs())
def test_until_the_end_only_the_draft_grows_and_it_is_never_behind_by_more_than_a_step(
    events: tuple[Event, ...],
) -> None:
    message, encoder, text = UiMessage(), MessageEncoder(), ""
    for event, record in zip(events[:-1], make_records(events), strict=False):
        text = follow(text, event)
        message.take_chunks(encoder.take([record]))

        assert message.completion == ""
        assert text.startswith(message.draft)
        assert len(text) - len(message.draft) <= len(text) // 40
        assert isinstance(event, TextGrew) or message.draft == text


def follow(text: str, event: Event) -> str:
    """Return what may still become the output."""
    match event:
        case TextGrew():
            return text[: event.offset] + event.text
        case DraftWritten():
            return event.draft
        case TextFormatted():
            return event.text
        case TextJudged(passed=False) | StageRestarted(supersedes=SeqRange()):
            return ""
        case _:
            return text


def test_the_message_begins_with_the_runs_id_and_prompt_set() -> None:
    message = read(QUEUED)

    assert (message.id, message.parts) == (RUN_ID, [])
    assert message.metadata == {"run_id": RUN_ID, "prompt": msgspec.to_builtins(PIN)}


def test_progress_is_one_part_that_holds_the_newest_event() -> None:
    validating = Progressed(stage=Stage.VALIDATOR, message="Checking", progress=80, attempt=1)
    message = read(QUEUED, GENERATING, validating)

    assert [part["type"] for part in message.parts] == ["data-progress"]
    assert message.data("progress") == [msgspec.json.decode(make_record(validating, seq=3).data) | {"time": TIME_OF_3}]


TIME_OF_3 = "2026-01-01T00:00:02.000Z"


def test_findings_stay_for_each_attempt_and_usage_for_each_call() -> None:
    message = read(*EVENTS[:7], EVENTS[6], TextJudged(attempt=2, passed=True))

    assert [(part["id"], part["data"]["passed"]) for part in message.parts if part["type"] == "data-findings"] == [
        ("attempt-1", False),
        ("attempt-2", True),
    ]
    assert [part["id"] for part in message.parts if part["type"] == "data-usage"] == ["call-1", "call-2"]


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (delta("Te"), "Te"),
        (WRITTEN, "Tea."),
        (FORMATTED, "Tea.\n"),
        (FAILED, ""),
        (TextJudged(attempt=1, passed=True), "Tea"),
        (restarted(SeqRange(from_seq=2, to_seq=2)), ""),
        (restarted(None), "Tea"),
        (TextGrew(stage=Stage.RETRY, attempt=2, text="Green", offset=0), "Green"),
        (COMPLETE, ""),
        (CANCELLED, "Te"),
        (BROKEN, "Te"),
    ],
)
def test_the_draft_is_what_may_still_become_the_output(event: Event, shown: str) -> None:
    assert read(QUEUED, delta("Tea"), event).draft == shown


def test_a_long_text_is_not_sent_again_for_every_word() -> None:
    words = [f"word{number} " for number in range(4_000)]
    encoder, sent, offset = MessageEncoder(), 0, 0
    for word in words:
        sent += len(encoder.encode([make_record(delta(word, offset), seq=2)]))
        offset += len(word)

    assert sent < 60 * offset


def test_silence_brings_what_is_left_of_a_growing_draft() -> None:
    encoder = MessageEncoder()
    encoder.take([make_record(delta("x" * 1000), seq=2)])

    assert encoder.encode([make_record(delta("yz", 1000), seq=3)]) == b""
    assert b"xyz" in encoder.encode([HEARTBEAT])
    assert encoder.encode([HEARTBEAT]) == HEARTBEAT_LINE


def test_the_next_event_brings_what_is_left_of_a_growing_draft() -> None:
    encoder = MessageEncoder()
    encoder.take([make_record(delta("x" * 1000), seq=2)])

    assert encoder.take([make_record(delta("yz", 1000), seq=3)]) == []
    assert [type(chunk) for chunk in encoder.take([make_record(GENERATING, seq=4)])] == [UiProgress, UiDraft]


@pytest.mark.parametrize(
    ("success", "limit", "reason"),
    [
        (True, None, "stop"),
        (False, None, "other"),
        (False, "attempts", "other"),
        (False, "output_tokens", "length"),
        (False, "total_tokens", "length"),
    ],
)
def test_the_finish_reason_says_how_a_run_is_complete(success: bool, limit: str | None, reason: str) -> None:
    message = read(QUEUED, RunCompleted(success=success, output="Tea.\n", metadata={"limit": limit}))

    assert (message.finish_reason, message.metadata["status"], message.metadata["success"]) == (
        reason,
        "complete",
        success,
    )


def test_the_metadata_sums_the_run_up_and_leaves_the_rest_to_its_record() -> None:
    metadata = {"run_id": RUN_ID, "usage": {"calls": 1}, "attempts": [{"attempt": 1}], "limit": None}
    told = read(QUEUED, RunCompleted(success=True, output="Tea.\n", metadata=metadata)).metadata

    assert told.keys() == {"run_id", "prompt", "usage", "limit", "status", "success"}


def test_a_run_that_fails_is_an_error_in_its_own_words() -> None:
    message = read(QUEUED, delta("Te"), BROKEN)

    assert (message.error, message.text, message.finish_reason) == ("It was cut.", "", None)
    assert (message.metadata["status"], message.metadata["code"]) == ("error", "provider_cut")
    assert message.metadata["retryable"] is True


def test_a_cancel_is_an_abort_and_an_error_for_those_that_pass_over_it() -> None:
    encoder = MessageEncoder()
    frames = encoder.encode(make_records([QUEUED, CANCELLED]))

    assert [msgspec.json.decode(line[6:])["type"] for line in frames.split(b"\n\n")[:-2]] == [
        "start",
        "data-draft",
        "message-metadata",
        "abort",
        "error",
    ]
    assert UiMessage.read(frames).error == "The run was cancelled."


def test_a_whole_stream_ends_with_done_and_a_cut_one_does_not() -> None:
    encoder = MessageEncoder()
    begun = encoder.encode(make_records([QUEUED, GENERATING]))

    assert not begun.endswith(DONE)
    assert encoder.encode([make_record(COMPLETE, seq=3)]).endswith(DONE)
    assert encoder.encode([Control("draining")]) == b""


def test_controls_are_notices_that_no_message_keeps() -> None:
    message = UiMessage()
    message.take_chunks(MessageEncoder().take([Control("auth_expiring", {"seconds": 30}), Control("draining")]))

    assert (message.parts, message.notices) == ([], [{"name": "auth_expiring", "seconds": 30}, {"name": "draining"}])


def test_an_event_of_another_version_is_passed_over() -> None:
    record = Record(run_id=RUN_ID, epoch=1, seq=2, time=make_record(QUEUED, seq=1).time, type="later", data=b"{}")

    assert MessageEncoder().take([record]) == []


def test_each_frame_is_one_line_whatever_the_text_has() -> None:
    text = "a\n\r\n\u2028\u2029\x85\0data: x\n\nevent: y"
    message = UiMessage.read(MessageEncoder().encode(make_records([QUEUED, RunCompleted(success=True, output=text)])))

    assert (message.text, message.is_done) == (text, True)
