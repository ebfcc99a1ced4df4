"""The generator's outcome where a run starts with a text that exists: no model is asked for one."""

from __future__ import annotations

from domain.pipeline.run import Run
from domain.pipeline.stages.formatter import format_attempt
from domain.run.events import DraftWritten, Event
from domain.run.model import Stage
from domain.run.rerun import RerunOf


def read_given_draft(run: Run, start: RerunOf) -> tuple[Event, ...]:
    """Return the draft that the run starts with; from the validator on it has its form, by rules alone.

    The rules are never left out: they are what makes a text harmless to show.
    """
    message = "Starting from an edited draft" if start.edited else "Starting from the draft of an earlier run"
    draft = start.draft or ""
    drafted = DraftWritten(message=message, draft=draft)
    if start.stage != "validator":
        return (drafted,)
    return (drafted, format_attempt(run, stage=Stage.FORMATTER, attempt=1, raw=draft, truncated=False))
