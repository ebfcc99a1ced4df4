"""What becomes of each event of a run, one at a time."""

from __future__ import annotations

from typing import Any

import msgspec
from attrs import evolve

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
from entrypoints.http.position import Position
from entrypoints.http.protocols.ag_ui_frames import begin_frames
from entrypoints.http.protocols.ag_ui_input import RunAgentInput
from tests.e2e.rig.sse_reader import SseReader
from tests.examples import GENERATING, QUEUED, RUN_ID, SHORT, make_records

POSTED = RunAgentInput(thread_id="t", run_id="mine", messages=[])
QUESTION = {"id": "q", "role": "user", "content": [{"type": "text", "text": "tea"}], "metadata": {"mark": 1}}
RETRYING = Progressed(stage=Stage.RETRY, message="Repairing", progress=85, attempt=2)
DONE = Progressed(stage=Stage.DONE, message="Done", progress=100)


def delta(text: str, offset: int = 0, stage: Stage = Stage.GENERATOR, attempt: int = 1) -> TextGrew:
    return TextGrew(stage=stage, attempt=attempt, text=text, offset=offset)


def encode(*events: Event, after: int | None = None, messages: Any = (QUESTION,)) -> list[dict[str, Any]]:
    """Return what a client is told of a log that holds `run` and these."""
    log = list(make_records((QUEUED, *events)))
    position = None if after is None else Position(after=after)
    frames = begin_frames(POSTED, list(messages), run_id=RUN_ID, position=position)
    return read(frames.encode(log))


def read(data: bytes) -> list[dict[str, Any]]:
    return [msgspec.json.decode(frame.data) for frame in SseReader().feed(data)]


def brief(events: list[dict[str, Any]]) -> list[str]:
    """Return each event in a word or two."""
    names = ("stepName", "delta", "name", "code")
    return [" ".join([event["type"], *(str(event[name]) for name in names if name in event)]) for event in events]


def test_a_stream_begins_with_the_client_s_own_ids_and_the_state() -> None:
    started, snapshot, run = encode()

    assert started == {"type": "RUN_STARTED", "threadId": "t", "runId": "mine"}
    assert snapshot == {
        "type": "STATE_SNAPSHOT",
        "snapshot": {
            "run_id": RUN_ID,
            "stage": None,
            "attempt": 1,
            "progress": 0,
            "message": "",
            "eta_seconds": None,
            "retry_in_seconds": None,
        },
    }
    assert (run["name"], run["value"]["model"]) == ("run", "scripted")


def test_stages_are_steps_and_progress_patches_the_state() -> None:
    events = encode(GENERATING, evolve(GENERATING, progress=31), RETRYING)[3:]

    assert events == [
        {"type": "STEP_STARTED", "stepName": "generator"},
        patch(stage="generator", progress=30, message="Generating content using scripted..."),
        patch(progress=31),
        {"type": "STEP_FINISHED", "stepName": "generator"},
        {"type": "STEP_STARTED", "stepName": "retry"},
        patch(stage="retry", attempt=2, progress=85, message="Repairing"),
    ]


def test_deltas_are_one_message_until_the_draft_is_written() -> None:
    events = encode(delta("Té"), delta("a.", 2), DraftWritten(message="Written", draft="Téa."))[3:]

    message_id = f"{RUN_ID}:2"
    assert events[:-1] == [
        {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": "Té"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": "a."},
        {"type": "TEXT_MESSAGE_END", "messageId": message_id},
        patch(progress=50, message="Written"),
    ]
    assert (events[-1]["name"], events[-1]["value"]["draft"]) == ("draft", "Téa.")


def test_a_text_that_begins_is_never_added_to_another_one() -> None:
    events = encode(delta("Tea."), delta("Coffee.", stage=Stage.FORMATTER))[3:]

    assert brief(events) == [
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT Tea.",
        "TEXT_MESSAGE_END",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT Coffee.",
    ]


def test_text_that_is_taken_back_leaves_the_thread_and_what_follows_is_another_message() -> None:
    back = StageRestarted(
        stage=Stage.GENERATOR, attempt=1, reason="worker_lost", supersedes=SeqRange(from_seq=2, to_seq=2)
    )
    events = encode(delta("Te"), back, delta("Tea."))[3:]

    assert brief(events) == [
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT Te",
        "TEXT_MESSAGE_END",
        "MESSAGES_SNAPSHOT",
        "CUSTOM restarted",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT Tea.",
    ]
    assert events[3]["messages"] == [QUESTION]
    assert events[0]["messageId"] != events[5]["messageId"]


def test_a_restart_without_a_text_leaves_the_messages_alone() -> None:
    unusable = StageRestarted(stage=Stage.RETRY, attempt=2, reason="answer_unusable", supersedes=None)

    assert brief(encode(RETRYING, unusable)[-1:]) == ["CUSTOM restarted"]


def test_an_attempt_that_is_ended_early_ends_its_message() -> None:
    early = TextJudged(attempt=1, passed=False, findings=(SHORT,))

    assert brief(encode(delta("Te"), early)[-2:]) == ["TEXT_MESSAGE_END", "CUSTOM findings"]


def test_a_text_that_edits_made_comes_whole() -> None:
    text = TextFormatted(stage=Stage.RETRY, attempt=2, text="Tea time.", format="text", edits=1)

    assert brief(encode(RETRYING, text)[-4:]) == [
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT Tea time.",
        "TEXT_MESSAGE_END",
        "CUSTOM text",
    ]


def test_a_formatted_text_is_an_event_beside_the_message_that_was_written() -> None:
    text = TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea.\n", format="text")

    assert brief(encode(delta("Tea."), text)[-2:]) == ["TEXT_MESSAGE_END", "CUSTOM text"]


def test_a_complete_run_leaves_one_message_which_is_its_output() -> None:
    done = RunCompleted(success=True, output="Tea.\n", metadata={"limit": None})
    events = encode(delta("Tea."), DONE, done)

    assert brief(events[5:]) == [
        "STEP_STARTED done",
        f"STATE_DELTA {patch(stage='done', progress=100, message='Done')['delta']}",
        "TEXT_MESSAGE_END",
        "STEP_FINISHED done",
        "MESSAGES_SNAPSHOT",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT Tea.\n",
        "TEXT_MESSAGE_END",
        "RUN_FINISHED",
    ]
    snapshot, start, *_, finished = events[-5:]
    assert (snapshot["messages"], start["messageId"]) == ([QUESTION], RUN_ID)
    assert (finished["threadId"], finished["runId"], finished["result"]["output"]) == ("t", "mine", "Tea.\n")


def test_an_output_without_a_text_is_an_empty_message() -> None:
    events = encode(RunCompleted(success=False, output=""))

    assert brief(events[3:]) == ["TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_FINISHED"]


def test_a_failed_run_closes_what_is_open_and_says_why() -> None:
    failed = RunFailed(code="provider_cut", message="Cut.", retryable=True, stage=Stage.GENERATOR, draft="Te")
    events = encode(GENERATING, delta("Te"), failed)

    assert brief(events[-3:]) == ["TEXT_MESSAGE_END", "STEP_FINISHED generator", "RUN_ERROR provider_cut"]
    assert (events[-1]["message"], events[-1]["rawEvent"]["draft"]) == ("Cut.", "Te")


def test_a_cancelled_run_is_an_error_of_that_name() -> None:
    events = encode(GENERATING, RunCancelled(message="The run was cancelled."))

    assert brief(events[-2:]) == ["STEP_FINISHED generator", "RUN_ERROR cancelled"]


def test_an_event_that_nobody_knows_yet_passes_through() -> None:
    (record,) = make_records((QUEUED,))
    strange = Record(
        run_id=RUN_ID, epoch=1, seq=1, time=record.time, type="translated", data=b'{"type":"translated",\n"text":"The"}'
    )
    frames = begin_frames(POSTED, [], run_id=RUN_ID, position=None)

    events = read(frames.encode([strange]))

    assert events[-1] == {"type": "CUSTOM", "name": "translated", "value": {"type": "translated", "text": "The"}}


def test_a_client_that_comes_back_finds_open_what_was_open() -> None:
    events = encode(GENERATING, delta("Te"), delta("a.", 2), after=3)

    message_id = f"{RUN_ID}:3"
    assert events[0] == {"type": "RUN_STARTED", "threadId": "t", "runId": "mine"}
    assert (events[1]["type"], events[1]["snapshot"]["progress"]) == ("STATE_SNAPSHOT", 30)
    assert events[2:] == [
        {"type": "MESSAGES_SNAPSHOT", "messages": [QUESTION]},
        {"type": "STEP_STARTED", "stepName": "generator"},
        {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": "Te"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": "a."},
    ]


def test_a_client_that_comes_back_gets_the_finished_texts_as_a_snapshot() -> None:
    draft = DraftWritten(message="Written", draft="Tea.")

    events = encode(delta("Tea."), draft, after=3)

    written = {"id": f"{RUN_ID}:2", "role": "assistant", "content": "Tea."}
    assert events[2:] == [{"type": "MESSAGES_SNAPSHOT", "messages": [QUESTION, written]}]


def test_what_a_client_kept_of_this_run_is_dropped_where_it_begins_again() -> None:
    stale = {"id": f"{RUN_ID}:2", "role": "assistant", "content": "T"}
    older = {"id": "0190a2b4-0000-4e7f-8a9b-0c1d2e3f4a5b", "role": "assistant", "content": "Coffee."}

    events = encode(messages=[older, QUESTION, stale])

    assert events[2] == {"type": "MESSAGES_SNAPSHOT", "messages": [older, QUESTION]}


def test_only_the_last_frame_of_an_event_has_its_cursor() -> None:
    frames = begin_frames(POSTED, [], run_id=RUN_ID, position=None)

    sent = frames.encode(make_records((QUEUED, GENERATING))).split(b"\n\n")

    assert [piece.split(b"\n")[0].decode() for piece in sent if piece.startswith(b"id: ")] == [
        f"id: {RUN_ID}:1-1",
        f"id: {RUN_ID}:1-2",
    ]
    assert b"STEP_STARTED" in sent[3] and not sent[3].startswith(b"id: ")


def test_what_is_said_about_the_stream_has_no_cursor_and_waits_for_its_beginning() -> None:
    frames = begin_frames(POSTED, [], run_id=RUN_ID, position=None)

    assert frames.encode([HEARTBEAT]) == b": ka\n"
    assert frames.encode([Control("draining")]) == b""
    frames.encode(make_records((QUEUED,)))
    told = frames.encode([HEARTBEAT, Control("auth_expiring", {"seconds": 30})])
    assert told == b': ka\ndata: {"type":"CUSTOM","name":"auth_expiring","value":{"seconds":30}}\n\n'


def patch(**fields: Any) -> dict[str, Any]:
    changes = [{"op": "replace", "path": f"/{name}", "value": value} for name, value in fields.items()]
    return {"type": "STATE_DELTA", "delta": changes}
