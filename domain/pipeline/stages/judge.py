"""Judge: a model judges a text that has passed every check, by the rubric of its prompt set."""

from __future__ import annotations

from attrs import frozen

from domain.completion import Completion, PromptRequest, Turn
from domain.content.finding import Finding
from domain.content.judgement import Judge, Judgement
from domain.content.judging import JUDGEMENT_SCHEMA, read_judgement, render_judge
from domain.pipeline.run import Run
from domain.pipeline.stages.edit import pass_over
from domain.pipeline.stages.load_prompts import LoadedPrompts
from domain.run.events import Event, TextJudged
from domain.run.history import Attempt
from domain.run.model import Stage

TRIES = 2
"""So often a judge is asked for an answer that can be read."""
LONGEST_ANSWER = 20_000
UNREADABLE = f"The judge's answer could not be read {TRIES} times, so the text was not judged by the rubric."
UNSAMPLED = "This run is not among those that are judged by the rubric."


@frozen(kw_only=True)
class JudgeStage:
    """The last check of an attempt; `tries` is how many answers could not be read so far."""

    run: Run
    prompts: LoadedPrompts
    judge: Judge
    judged: Attempt
    tries: int
    is_shown: bool = False

    @property
    def stage(self) -> Stage:
        """Everything behind the first failed validation is a retry."""
        return Stage.VALIDATOR if self.attempt == 1 else Stage.RETRY

    @property
    def attempt(self) -> int:
        """Which attempt is judged."""
        return self.judged.number

    @property
    def message(self) -> str:
        """Name the model."""
        again = " once more" if self.tries else ""
        return f"Judging the text by the rubric{again} using {self.run.spec.model}..."

    def request(self, *, max_output_tokens: int) -> PromptRequest:
        """Ask for a score with its reasons."""
        inputs = self.run.spec.request.inputs
        system, user = render_judge(self.run.prompt_set, inputs, asked=self.prompts.user, text=self.judged.text or "")
        return PromptRequest(
            stage=self.stage,
            attempt=self.attempt,
            model=self.run.spec.model,
            system=system,
            turns=(Turn(role="user", content=user),),
            max_output_tokens=max_output_tokens,
            inputs=inputs,
            output_schema=JUDGEMENT_SCHEMA,
            options=self.run.prompt_set.model_options,
        )

    def watch(self, text: str, start: int) -> Finding | None:  # noqa: ARG002
        """Stop an answer that is no judgement any more."""
        return Finding(check="judge", message="is too long.") if len(text) > LONGEST_ANSWER else None

    def end_early(self, finding: Finding) -> tuple[Event, ...]:  # noqa: ARG002
        """Nothing of the answer is used."""
        return (pass_over(self.stage, self.attempt),)

    def read(self, text: str, completion: Completion) -> tuple[Event, ...]:  # noqa: ARG002
        """Compare the score with the threshold."""
        answer = read_judgement(text, self.judge, self.judged.text or "")
        if answer is None:
            return (pass_over(self.stage, self.attempt),)
        judgement, findings = answer
        return (TextJudged(attempt=self.attempt, passed=not findings, findings=findings, judge=judgement),)

    def go_without(self, reason: str) -> tuple[Event, ...]:
        """Let the text pass, which has passed every other check, and say that it was not judged."""
        note = f"The text was not judged by the rubric: {reason}"
        return (
            TextJudged(attempt=self.attempt, passed=True, judge=Judgement(threshold=self.judge.threshold, note=note)),
        )


def make_judge_stage(run: Run, prompts: LoadedPrompts, attempt: int) -> JudgeStage:
    """Return the stage that judges an attempt of a run whose prompt set has a judge."""
    assert run.prompt_set.judge is not None
    return JudgeStage(
        run=run,
        prompts=prompts,
        judge=run.prompt_set.judge,
        judged=run.history.attempts[attempt],
        tries=run.history.unusable_judgements,
    )


def needs_judge(run: Run) -> bool:
    """Whether the run's texts are to be judged, and its judge has not failed to answer already."""
    judge = run.prompt_set.judge
    return judge is not None and judge.is_due(run.id) and run.history.unusable_judgements < TRIES


def note_no_judge(run: Run) -> Judgement | None:
    """Return why a text was not judged where there is a judge, else None."""
    judge = run.prompt_set.judge
    if judge is None:
        return None
    return Judgement(threshold=judge.threshold, note=UNREADABLE if judge.is_due(run.id) else UNSAMPLED)
