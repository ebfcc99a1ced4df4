"""Formatting by a model: for prompt sets that ask for it, before the rules of the output format."""

from __future__ import annotations

from attrs import frozen

from domain.completion import Completion, PromptRequest, Turn
from domain.content.finding import Finding
from domain.content.rendering import render_formatter
from domain.pipeline.run import Run
from domain.pipeline.stages.formatter import format_attempt
from domain.run.events import DraftWritten, Event
from domain.run.model import Stage


@frozen(kw_only=True)
class FormattingStage:
    """The model brings the draft to its form; a repaired text is formatted by rules alone."""

    run: Run
    draft: DraftWritten
    stage: Stage = Stage.FORMATTER
    attempt: int = 1
    is_shown: bool = True

    @property
    def message(self) -> str:
        """Name the model."""
        return f"Formatting the draft as {self.run.spec.output_format} using {self.run.spec.model}..."

    def request(self, *, max_output_tokens: int) -> PromptRequest:
        """Ask for the same text in its form; the draft is fenced like every value."""
        inputs, output_format = self.run.spec.request.inputs, self.run.spec.output_format
        system, user = render_formatter(self.run.prompt_set, inputs, text=self.draft.draft, output_format=output_format)
        return PromptRequest(
            stage=self.stage,
            attempt=self.attempt,
            model=self.run.spec.model,
            system=system,
            turns=(Turn(role="user", content=user),),
            max_output_tokens=max_output_tokens,
            inputs=inputs,
            output_schema=self.run.prompt_set.output_schema,
            options=self.run.prompt_set.model_options,
        )

    def watch(self, text: str, start: int) -> Finding | None:  # noqa: ARG002
        """Let it write: the checks that could tell already are on the draft, which is there."""
        return None

    def end_early(self, finding: Finding) -> tuple[Event, ...]:  # noqa: ARG002
        """Say nothing: nothing ends it early."""
        return ()

    def read(self, text: str, completion: Completion) -> tuple[Event, ...]:
        """Bring the answer to the output format by rules, as every text."""
        is_truncated = self.draft.truncated or completion.stop_reason == "max_tokens"
        return (format_attempt(self.run, stage=self.stage, attempt=self.attempt, raw=text, truncated=is_truncated),)

    def go_without(self, reason: str) -> tuple[Event, ...]:  # noqa: ARG002
        """Say nothing: a set that asks for a model's formatting needs it."""
        return ()


def needs_formatting(run: Run) -> bool:
    """Whether the prompt set asks for a model's formatting."""
    return "formatter" in run.prompt_set.prompts


def make_formatting_stage(run: Run) -> FormattingStage:
    """Return the stage for a run that has its draft."""
    assert run.history.draft is not None
    return FormattingStage(run=run, draft=run.history.draft)
