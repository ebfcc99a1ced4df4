"""Edit: the model mends a few places of the best text so far, instead of writing all of it again."""

from __future__ import annotations

from attrs import frozen

from domain.completion import Completion, PromptRequest, Turn
from domain.content.edits import EDITS_SCHEMA, EditsError, apply_edits, read_edits
from domain.content.finding import Finding
from domain.content.places import render_edit_request
from domain.pipeline.run import Run
from domain.pipeline.stages.load_prompts import LoadedPrompts
from domain.pipeline.stages.retry import count_findings, describe_repair, format_repair
from domain.run.events import Event, StageRestarted, TextGrew
from domain.run.history import Attempt
from domain.run.model import Stage

FRAME = 1000
"""Characters that a list of edits may have besides the text's own length; a longer one is no saving any more."""


@frozen(kw_only=True)
class EditStage:
    """The repair of `base`, which has a text, by edits; where they don't apply the attempt is to be written whole."""

    run: Run
    prompts: LoadedPrompts
    base: Attempt
    attempt: int
    stage: Stage = Stage.RETRY
    is_shown: bool = False

    @property
    def message(self) -> str:
        """Say which attempt it is and what it mends."""
        return describe_repair(self.run, self.attempt, f"mending {count_findings(self.base)} by edits")

    def request(self, *, max_output_tokens: int) -> PromptRequest:
        """Ask for edits; the turns before are those of the generator."""
        text = self.base.text or ""
        return PromptRequest(
            stage=self.stage,
            attempt=self.attempt,
            model=self.run.spec.model,
            system=self.prompts.system,
            turns=(
                Turn(role="user", content=self.prompts.user),
                Turn(role="assistant", content=text),
                Turn(role="user", content=render_edit_request(self.base.findings or (), text)),
            ),
            max_output_tokens=max_output_tokens,
            inputs=self.run.spec.request.inputs,
            output_schema=EDITS_SCHEMA,
            options=self.run.prompt_set.model_options,
        )

    def watch(self, text: str, start: int) -> Finding | None:  # noqa: ARG002
        """Stop edits that have become longer than the text."""
        if len(text) <= len(self.base.text or "") + FRAME:
            return None
        return Finding(check="edits", message="are longer than the text.")

    def end_early(self, finding: Finding) -> tuple[Event, ...]:  # noqa: ARG002
        """Nothing of the edits is used."""
        return (pass_over(self.stage, self.attempt),)

    def read(self, text: str, completion: Completion) -> tuple[Event, ...]:  # noqa: ARG002
        """Apply the edits; the text that they make is one delta, so that deltas always add up to what was written."""
        try:
            edits = read_edits(text)
            edited = apply_edits(self.base.text or "", edits)
        except EditsError:
            return (pass_over(self.stage, self.attempt),)
        grew = TextGrew(stage=self.stage, attempt=self.attempt, text=edited, offset=0)
        return grew, format_repair(self.run, self.base, attempt=self.attempt, raw=edited, edits=len(edits))

    def go_without(self, reason: str) -> tuple[Event, ...]:  # noqa: ARG002
        """Say nothing: a text with findings needs its repair."""
        return ()


def pass_over(stage: Stage, attempt: int) -> StageRestarted:
    """Return the event of an answer that can't be used: the stage begins again, in another way."""
    return StageRestarted(stage=stage, attempt=attempt, reason="answer_unusable", supersedes=None)
