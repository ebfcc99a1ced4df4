"""Retry: the model repairs the best text so far, with the findings as feedback."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.completion import Completion, PromptRequest, Turn
from domain.content.finding import Finding
from domain.content.rendering import render_repair
from domain.content.word_diff import compare_words
from domain.pipeline.run import Run
from domain.pipeline.stages.formatter import format_attempt
from domain.pipeline.stages.load_prompts import LoadedPrompts
from domain.run.events import Event, TextFormatted, TextJudged
from domain.run.history import Attempt
from domain.run.model import Stage


@frozen(kw_only=True)
class RetryStage:
    """The writing of an attempt after the first; `base` is the attempt that it repairs."""

    run: Run
    prompts: LoadedPrompts
    base: Attempt
    attempt: int
    stage: Stage = Stage.RETRY
    is_shown: bool = True

    @property
    def message(self) -> str:
        """Say which attempt it is and what it mends."""
        return describe_repair(self.run, self.attempt, f"mending {count_findings(self.base)}")

    def request(self, *, max_output_tokens: int) -> PromptRequest:
        """Ask for the text again, mended; the turns before are those of the generator."""
        text = self.base.text if self.base.text is not None else self.base.raw
        repair = render_repair(
            self.run.prompt_set, self.run.spec.request.inputs, text=text, findings=self.base.findings or ()
        )
        return PromptRequest(
            stage=self.stage,
            attempt=self.attempt,
            model=self.run.spec.model,
            system=self.prompts.system,
            turns=(
                Turn(role="user", content=self.prompts.user),
                Turn(role="assistant", content=text),
                Turn(role="user", content=repair),
            ),
            max_output_tokens=max_output_tokens,
            inputs=self.run.spec.request.inputs,
            output_schema=self.run.prompt_set.output_schema,
            options=self.run.prompt_set.model_options,
        )

    def watch(self, text: str, start: int) -> Finding | None:
        """Ask the draft checks that can tell already."""
        return self.prompts.watch(text, start)

    def end_early(self, finding: Finding) -> tuple[Event, ...]:
        """The finding is all that is known of the attempt."""
        return (TextJudged(attempt=self.attempt, passed=False, findings=(finding,)),)

    def read(self, text: str, completion: Completion) -> tuple[Event, ...]:
        """The answer is formatted at once, so that a paid repair and its text are one append."""
        is_truncated = completion.stop_reason == "max_tokens"
        return (format_repair(self.run, self.base, attempt=self.attempt, raw=text, truncated=is_truncated),)

    def go_without(self, reason: str) -> tuple[Event, ...]:  # noqa: ARG002
        """Say nothing: a text with findings needs its repair."""
        return ()


def format_repair(
    run: Run, base: Attempt, *, attempt: int, raw: str, truncated: bool = False, edits: int | None = None
) -> TextFormatted:
    """Return a repaired text in the run's output format, with what it changed of the text that it repairs."""
    formatted = format_attempt(run, stage=Stage.RETRY, attempt=attempt, raw=raw, truncated=truncated)
    changes = None if base.text is None else compare_words(base.text, formatted.text)
    return evolve(formatted, base=base.number, edits=edits, changes=changes)


def describe_repair(run: Run, attempt: int, work: str) -> str:
    """Say which attempt does what, for people."""
    return f"Attempt {attempt} of {run.spec.limits.attempts}: {work} using {run.spec.model}..."


def count_findings(base: Attempt) -> str:
    """Say how many findings are to be mended."""
    count = len(base.findings or ())
    return "1 finding" if count == 1 else f"{count} findings"
