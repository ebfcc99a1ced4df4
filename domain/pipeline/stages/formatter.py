"""Formatter: bring what the model wrote to the output format, by rules."""

from __future__ import annotations

from domain.content.formats import format_text
from domain.pipeline.run import Run
from domain.run.events import TextFormatted
from domain.run.model import Stage


def format_attempt(run: Run, *, stage: Stage, attempt: int, raw: str, truncated: bool) -> TextFormatted:
    """Return the attempt's text in the run's output format."""
    output_format = run.spec.output_format
    return TextFormatted(
        stage=stage,
        attempt=attempt,
        text=format_text(raw, output_format, schema=run.prompt_set.output_schema, remote=run.prompt_set.remote_hosts),
        format=output_format,
        truncated=truncated,
    )
