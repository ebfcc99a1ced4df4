"""What people see of a run: the panel on a terminal, and the plain lines."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from domain.content.finding import Finding
from domain.run.codec import encode_event
from domain.run.events import (
    DraftWritten,
    Event,
    Progressed,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunQueued,
    StageRestarted,
    TextFormatted,
    TextGrew,
    TextJudged,
    TokensUsed,
)
from domain.run.history import History
from domain.run.model import PinnedPrompt, Record, Stage
from entrypoints.display import PlainDisplay
from entrypoints.terminal import draw, live_display

START = datetime(2026, 1, 1, tzinfo=UTC)
QUEUED = RunQueued(prompt=PinnedPrompt(name="blog-post", version=2, hash="0" * 64), model="sample")
LOADING = Progressed(stage=Stage.LOAD_PROMPTS, message="Loading the prompts", progress=10)
WRITING = Progressed(stage=Stage.GENERATOR, message="Writing", progress=30, attempt=1)
USED = TokensUsed(stage=Stage.GENERATOR, attempt=1, model="sample", input_tokens=1000, output_tokens=500, cost_usd=0.5)
TOO_SHORT = TextJudged(
    attempt=1, passed=False, findings=(Finding(check="words", message="has 3 words; write 80 or more"),)
)
FORMATTED = TextFormatted(stage=Stage.FORMATTER, attempt=1, text="Tea is hot.", format="markdown")
REPAIRING = Progressed(stage=Stage.RETRY, message="Repairing the text", progress=85, attempt=2)
BEFORE_REPAIR = (
    QUEUED,
    LOADING,
    WRITING,
    DraftWritten(message="Draft", draft="Tea is hot."),
    USED,
    FORMATTED,
    TOO_SHORT,
)


def fold(events: Sequence[Event]) -> History:
    history = History()
    for seq, event in enumerate(events, start=1):
        history.apply(event, seq=seq, time=START + timedelta(seconds=seq))
    return history


def record_of(event: Event, seq: int) -> Record:
    data = encode_event(event, run_id="r1", seq=seq, time=START)
    return Record(run_id="r1", epoch=1, seq=seq, time=START, type=event.type, data=data)


def render(*events: Event, width: int = 80, height: int = 20, encoding: str = "utf-8") -> list[str]:
    """Return the panel's rows, each bar as one word."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=stream, width=width, height=height)
    console.print(draw(fold(events), console, seconds=83))
    stream.seek(0)
    return [re.sub("[━╸╺-]+ +", "bar ", line).rstrip() for line in stream.read().splitlines()]


def tell(*events: Event) -> list[str]:
    lines: list[str] = []
    display = PlainDisplay(lines.append)
    for count, event in enumerate(events, start=1):
        display.show(record_of(event, count), event, fold(events[:count]))
    return lines


def test_before_the_first_event_the_panel_shows_the_way_ahead() -> None:
    assert render(width=70) == [
        "Starting                                                         01:23",
        "○ load prompts  ○ generator  ○ formatter  ○ validator  ○ done",
        "                                                                   0 %",
        "",
    ]


def test_while_a_model_writes_the_panel_shows_the_end_of_its_text_within_the_terminal() -> None:
    lines = "".join(f"line {number}\n" for number in range(100))
    grown = TextGrew(stage=Stage.GENERATOR, attempt=1, text=lines, offset=0)

    assert render(QUEUED, LOADING, WRITING, grown, height=12) == [
        "blog-post@2 with sample                                                    01:23",
        "✓ load prompts  ● generator  ○ formatter  ○ validator  ○ done",
        "bar 30 %",
        "Writing",
        "",
        "line 96",
        "line 97",
        "line 98",
        "line 99",
    ]


def test_a_repair_shows_what_it_mends() -> None:
    assert render(*BEFORE_REPAIR, REPAIRING)[1:] == [
        "✓ load prompts  ✓ generator  ✓ formatter  ✓ validator  ● retry 2  ○ done",
        "bar 85 %",
        "Repairing the text",
        "words: has 3 words; write 80 or more",
        "",
        "Tea is hot.",
    ]


def test_a_terminal_that_only_knows_ascii_gets_nothing_else() -> None:
    shown = render(*BEFORE_REPAIR, REPAIRING, encoding="ascii")

    assert shown[1] == "+ load prompts  + generator  + formatter  + validator  > retry 2  . done"
    assert "".join(shown).isascii()


def test_success_is_shown_with_what_it_used_and_without_the_text() -> None:
    done = Progressed(stage=Stage.DONE, message="Done", progress=100)
    passed = TextJudged(attempt=1, passed=True)

    assert render(*BEFORE_REPAIR[:-1], passed, done, RunCompleted(success=True, output="Tea is hot."))[1:] == [
        "✓ load prompts  ✓ generator  ✓ formatter  ✓ validator  ✓ done",
        "bar 100 %",
        "Done",
        "Complete in attempt 1; 1,500 tokens, $0.5000.",
    ]


def test_an_invalid_end_is_shown_with_what_is_left_to_mend() -> None:
    failed = Progressed(stage=Stage.FAIL, message="No attempts left", progress=100)

    shown = render(*BEFORE_REPAIR, failed, RunCompleted(success=False, output="Tea is hot."))

    assert shown[1].endswith("✗ done")
    assert shown[3:] == [
        "No attempts left",
        "words: has 3 words; write 80 or more",
        "Not valid: 1 finding left after 1 attempt; 1,500 tokens, $0.5000.",
    ]


def test_a_cancelled_run_shows_where_it_was() -> None:
    assert render(*BEFORE_REPAIR[:3], RunCancelled(message="The run was cancelled."))[1:] == [
        "✓ load prompts  ✗ generator  ○ formatter  ○ validator  ○ done",
        "bar 30 %",
        "Writing",
        "The run was cancelled; 0 tokens, $0.0000.",
    ]


STEERING = "\x1b[2J\x07\x9b31m\u202e[bold red]"
SHOWN_STEERING = r"\x1b[2J\x07\x9b31m\u202e[bold red]"


def test_what_a_model_wrote_can_not_steer_the_terminal() -> None:
    grown = TextGrew(stage=Stage.GENERATOR, attempt=1, text=STEERING, offset=0)
    judged = TextJudged(attempt=1, passed=False, findings=(Finding(check="words", message=STEERING),))

    assert render(QUEUED, WRITING, grown)[-1] == SHOWN_STEERING
    assert f"words: {SHOWN_STEERING}" in render(QUEUED, WRITING, FORMATTED, judged)
    assert tell(judged) == [f"       words: {SHOWN_STEERING}"]


async def test_the_panel_is_drawn_while_the_run_goes_on_and_stays_at_its_end() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True)

    async with live_display(console) as display:
        display.show(record_of(LOADING, 2), LOADING, fold([QUEUED, LOADING]))

    assert "blog-post@2 with sample" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "Loading the prompts" in console.file.getvalue()  # type: ignore[attr-defined]


def test_plain_lines_tell_each_thing_once() -> None:
    further = Progressed(stage=Stage.GENERATOR, message="Writing", progress=40, attempt=1)
    restarted = StageRestarted(stage=Stage.RETRY, attempt=2, reason="worker_lost", supersedes=None)
    completed = RunCompleted(success=True, output="Tea is very hot.")

    assert tell(*BEFORE_REPAIR[:3], further, *BEFORE_REPAIR[3:], REPAIRING, restarted, completed) == [
        "blog-post@2 with sample",
        " 10 %  load_prompts  Loading the prompts",
        " 30 %  generator     Writing",
        "       words: has 3 words; write 80 or more",
        " 85 %  retry         Repairing the text",
        "       retry begins again: its worker was lost",
        "Complete in attempt 1; 1,500 tokens, $0.5000.",
    ]


@pytest.mark.parametrize(
    ("end", "line"),
    [
        (
            RunFailed(code="provider_refused", message="No such model.", retryable=False, stage=Stage.GENERATOR),
            "Failed (provider_refused): No such model; 0 tokens, $0.0000.",
        ),
        (RunCancelled(message="The run was cancelled."), "The run was cancelled; 0 tokens, $0.0000."),
        (
            RunCompleted(success=False, output="Tea"),
            "Not valid: 0 findings left after 0 attempts; 0 tokens, $0.0000.",
        ),
    ],
)
def test_an_end_without_success_says_why(end: Event, line: str) -> None:
    assert tell(end) == [line]
