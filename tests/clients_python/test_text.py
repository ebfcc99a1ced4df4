"""The text as it stands, from events alone."""

from datetime import UTC, datetime
from typing import Any

from galley_client.events import Event, Reset, RunCompleted, SeqRange, StageRestarted, TextFormatted, TextGrew
from galley_client.text import GrowingText

ABOUT: dict[str, Any] = {"run_id": "r", "time": datetime(2026, 1, 1, tzinfo=UTC)}


def grow(seq: int, text: str, offset: int, *, stage: str = "generator", attempt: int = 1) -> TextGrew:
    return TextGrew(**ABOUT, seq=seq, stage=stage, attempt=attempt, text=text, offset=offset)


def restart(seq: int, supersedes: SeqRange | None) -> StageRestarted:
    return StageRestarted(**ABOUT, seq=seq, stage="generator", attempt=1, reason="worker_lost", supersedes=supersedes)


def read(*events: Event) -> str:
    text = GrowingText()
    for event in events:
        text.take(event)
    return str(text)


def test_pieces_add_up() -> None:
    assert read(grow(1, "Tea ", 0), grow(2, "time.", 4)) == "Tea time."


def test_another_attempt_begins_a_text_of_its_own() -> None:
    assert read(grow(1, "Tea ", 0), grow(2, "Hot ", 0, stage="retry", attempt=2)) == "Hot "


def test_what_is_superseded_is_taken_out() -> None:
    assert read(grow(1, "Tea ", 0), grow(2, "tim", 4), restart(3, SeqRange(from_seq=1, to_seq=2))) == ""


def test_a_restart_without_pieces_takes_nothing() -> None:
    assert read(grow(1, "Tea ", 0), restart(2, None)) == "Tea "


def test_the_same_stage_begins_again_at_offset_0() -> None:
    again = restart(2, SeqRange(from_seq=1, to_seq=1))

    assert read(grow(1, "Tea ", 0), again, grow(3, "Hot ", 0), grow(4, "tea.", 4)) == "Hot tea."


def test_a_formatted_text_and_the_output_take_its_place() -> None:
    formatted = TextFormatted(**ABOUT, seq=2, stage="formatter", attempt=1, text="Tea.\n", format="markdown")
    done = RunCompleted(**ABOUT, seq=4, success=True, output="Hot tea.\n")

    assert read(grow(1, "Tea", 0), formatted) == "Tea.\n"
    assert read(grow(1, "Tea", 0), formatted, grow(3, "Ho", 0, stage="retry", attempt=2)) == "Ho"
    assert read(grow(1, "Tea", 0), formatted, grow(3, "Ho", 0, stage="retry", attempt=2), done) == "Hot tea.\n"


def test_a_reset_empties_it() -> None:
    assert read(grow(1, "Tea", 0), Reset(run_id="r")) == ""
