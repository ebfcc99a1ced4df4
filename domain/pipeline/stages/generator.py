"""Generator: the model writes the draft."""

from __future__ import annotations

from attrs import frozen

from domain.completion import Completion, PromptRequest, Turn
from domain.content.finding import Finding
from domain.pipeline.run import Run
from domain.pipeline.stages.load_prompts import LoadedPrompts
from domain.run.events import DraftWritten, Event, TextJudged
from domain.run.model import Stage


@frozen(kw_only=True)
class GeneratorStage:
    """The first attempt's writing."""

    run: Run
    prompts: LoadedPrompts
    stage: Stage = Stage.GENERATOR
    attempt: int = 1
    is_shown: bool = True

    @property
    def message(self) -> str:
        """Name the model."""
        return f"Generating content using {self.run.spec.model}..."

    def request(self, *, max_output_tokens: int) -> PromptRequest:
        """Ask for the draft."""
        return PromptRequest(
            stage=self.stage,
            attempt=self.attempt,
            model=self.run.spec.model,
            system=self.prompts.system,
            turns=(Turn(role="user", content=self.prompts.user),),
            max_output_tokens=max_output_tokens,
            inputs=self.run.spec.request.inputs,
            output_schema=self.run.prompt_set.output_schema,
            options=self.run.prompt_set.model_options,
        )

    def watch(self, text: str, start: int) -> Finding | None:
        """Ask the draft checks that can tell already."""
        return self.prompts.watch(text, start)

    def end_early(self, finding: Finding) -> tuple[Event, ...]:
        """There will be no draft: the finding is all that is known of the attempt."""
        return (TextJudged(attempt=self.attempt, passed=False, findings=(finding,)),)

    def read(self, text: str, completion: Completion) -> tuple[Event, ...]:
        """The answer is the draft."""
        is_truncated = completion.stop_reason == "max_tokens"
        return (DraftWritten(message="Initial draft generated", draft=text, truncated=is_truncated),)

    def go_without(self, reason: str) -> tuple[Event, ...]:  # noqa: ARG002
        """Say nothing: without a draft there is no text."""
        return ()
