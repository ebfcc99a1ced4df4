"""A panel that shows a run on a terminal while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from attrs import define, field
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from domain.run.events import Event, RunCompleted, UnknownEvent
from domain.run.history import History
from domain.run.model import Record, Stage
from entrypoints.display import describe_end, describe_findings, describe_run, describe_usage
from entrypoints.printable import make_printable

REFRESH_SECONDS: Final = 0.1
"""Deltas come faster than anybody reads; drawing each would cost more than the run."""

_WAY: Final = (Stage.LOAD_PROMPTS, Stage.GENERATOR, Stage.FORMATTER, Stage.VALIDATOR)
_ICONS: Final[Mapping[str, tuple[str, str, str]]] = {
    "done": ("✓", "+", "green"),
    "now": ("●", ">", "bold cyan"),
    "open": ("○", ".", "dim"),
    "failed": ("✗", "x", "red"),
}
"""By how a stage stands: its icon, one for terminals that only know ASCII, and a style."""

_ROWS_AROUND_TEXT: Final = 8
_LEAST_TEXT_ROWS: Final = 3
_TAIL_CHARACTERS: Final = 8000


@define
class LiveDisplay:
    """What the panel shows next; it is drawn by itself."""

    history: History = field(factory=History)

    def show(self, record: Record, event: Event | UnknownEvent, history: History) -> None:  # noqa: ARG002
        """Keep what the next drawing shows."""
        self.history = history


@asynccontextmanager
async def live_display(console: Console) -> AsyncIterator[LiveDisplay]:
    """Draw a panel at the end of the terminal until the block is left; its last state stays there."""
    display = LiveDisplay()
    began = monotonic()

    def render() -> RenderableType:
        return draw(display.history, console, seconds=monotonic() - began)

    with Live(console=console, auto_refresh=False, get_renderable=render, redirect_stdout=False) as live:
        beat = asyncio.create_task(_refresh(live))
        try:
            yield display
        finally:
            beat.cancel()
            await asyncio.wait({beat})
            live.refresh()


async def _refresh(live: Live) -> None:
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        live.refresh()


def draw(history: History, console: Console, *, seconds: float) -> RenderableType:
    """Return the panel for where a run stands, no higher than the console."""
    findings = [
        Text(make_printable(line), style="yellow", no_wrap=True, overflow="ellipsis") for line in _judge(history)
    ]
    parts = [_draw_title(history, seconds), _draw_way(history, console), _draw_bar(history), *findings]
    if history.terminal is not None:
        parts.append(Text(make_printable(f"{describe_end(history.terminal, history)}; {describe_usage(history)}.")))
    elif (text := history.text_so_far) is not None:
        rows = max(_LEAST_TEXT_ROWS, console.height - _ROWS_AROUND_TEXT - len(findings))
        parts += [Text(), _draw_tail(text, console, rows)]
    return Group(*parts)


def _judge(history: History) -> list[str]:
    """Say what is to be mended in the text that was judged last."""
    judged = [attempt.findings for attempt in history.attempts.values() if attempt.findings is not None]
    return describe_findings(judged[-1]) if judged else []


def _draw_title(history: History, seconds: float) -> RenderableType:
    title = describe_run(history.queued) if history.queued is not None else "Starting"
    time = f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
    return _draw_row(Text(make_printable(title), style="bold"), time)


def _draw_way(history: History, console: Console) -> RenderableType:
    words = Text()
    for stage, state in _find_states(history):
        icon, ascii_icon, style = _ICONS[state]
        word = stage.value.replace("_", " ") + (f" {history.attempt}" if stage is Stage.RETRY else "")
        words.append(f"{ascii_icon if console.options.ascii_only else icon} {word}  ", style=style)
    return words


def _draw_bar(history: History) -> RenderableType:
    bar = _draw_row(ProgressBar(total=100, completed=history.percent), f"{history.percent} %")
    return Group(bar, Text(make_printable(history.message)))


def _draw_row(left: RenderableType, right: str) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1)
    grid.add_column(justify="right")
    grid.add_row(left, right)
    return grid


def _draw_tail(text: str, console: Console, rows: int) -> RenderableType:
    shown = Text(make_printable(text[-_TAIL_CHARACTERS:].rstrip(), keep="\n"))
    return Text("\n").join(shown.wrap(console, console.width)[-rows:])


def _find_states(history: History) -> Iterator[tuple[Stage, str]]:
    """Yield each stage of the way with how it stands."""
    has_retried = history.stage is Stage.RETRY or len(history.attempts) > 1
    way = (*_WAY, *((Stage.RETRY,) if has_retried else ()), Stage.DONE)
    reached = way.index(history.stage) if history.stage in way else -1
    for index, stage in enumerate(way):
        if isinstance(history.terminal, RunCompleted) and history.terminal.success:
            yield stage, "done"
        elif history.stage is Stage.FAIL:
            yield stage, "failed" if stage is Stage.DONE else "done" if stage in history.stage_seconds else "open"
        elif index == reached:
            yield stage, "now" if history.terminal is None else "failed"
        else:
            yield stage, "done" if index < reached else "open"
