"""The content pipeline: from wherever a run stands to its terminal event, stage by stage."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import assert_never

from attrs import evolve, frozen

from domain.pipeline.account import Account, write_off
from domain.pipeline.endings import end_at_limit, end_failed, end_valid
from domain.pipeline.narrator import Narrator
from domain.pipeline.progress import PERCENT, WRITING_SHARE, percent_of_retry
from domain.pipeline.run import Run
from domain.pipeline.stages import WritingStage
from domain.pipeline.stages.formatter import format_attempt
from domain.pipeline.stages.formatting import make_formatting_stage, needs_formatting
from domain.pipeline.stages.generator import GeneratorStage
from domain.pipeline.stages.given_draft import read_given_draft
from domain.pipeline.stages.judge import make_judge_stage, needs_judge, note_no_judge
from domain.pipeline.stages.load_prompts import LoadedPrompts, load_prompts
from domain.pipeline.stages.repair import make_repair_stage
from domain.pipeline.stages.validator import judge_attempt
from domain.pipeline.steps import LOSSES_ALLOWED, Step, next_step
from domain.pipeline.surroundings import Surroundings
from domain.pipeline.writing import Writer, tokens_used
from domain.run.events import INTERRUPTED, Event, RestartReason, StageRestarted, TerminalEvent, TokensUsed
from domain.run.metadata import describe_run
from domain.run.model import Stage
from domain.run.rerun import RerunOf
from domain.run.usage import Tokens, estimate_tokens

Events = AsyncGenerator[tuple[Event, ...], None]


@frozen
class ContentPipeline:
    """Turns runs into events; it knows no store, lease or sequence."""

    around: Surroundings

    async def run_stream(self, run: Run) -> Events:
        """Yield what happens until the terminal event; the events of one tuple belong in one append.

        The `supersedes` of a restart and the `metadata` of the end are completed by whoever numbers and times events.
        Closing the generator closes the provider's stream and leaves what the call used in `run.cut_call`.
        """
        async with aclosing(_Execution(run, self.around).events()) as steps:
            async for events in steps:
                yield events

    async def give_up(self, run: Run) -> tuple[TokensUsed, ...]:
        """Account for the call that an earlier worker left open, of a run that is ended without being carried out.

        Returns what it is thought to have used, for the run's log; nothing where no call was open.
        """
        return await _Execution(run, self.around).give_up()

    async def write_off(self, run_id: str, *, epoch: int) -> None:
        """Count in full what an earlier worker reserved, of a run of which nobody can find out what it used."""
        await write_off(self.around, run_id, epoch=epoch)

    async def run(self, run: Run) -> TerminalEvent:
        """Carry out the run and return how it ended, with its metadata."""
        async with aclosing(self.run_stream(run)) as steps:
            async for _ in steps:
                pass
        assert run.history.terminal is not None
        known = describe_run(run.id, run.spec, run.history, now=self.around.clock.now())
        return evolve(run.history.terminal, metadata=known | dict(run.history.terminal.metadata))


class _Execution:
    """One run under way; what it yields is folded into its history, from which every next step comes."""

    def __init__(self, run: Run, around: Surroundings) -> None:
        self._run = run
        self._history = run.history
        self._around = around
        self._attempts = run.spec.limits.attempts
        self._narrator = Narrator(history=run.history, now=around.clock.now)
        self._account = Account(run, around)
        self._prompts: LoadedPrompts | None = None

    async def events(self) -> Events:
        if self._run.restart_reason is not None and self._history.stage is not None:
            yield await self._recover(self._run.restart_reason)
        while self._history.terminal is None:
            step = next_step(self._history, attempts=self._attempts)
            async with aclosing(self._take(step)) as steps:
                async for events in steps:
                    yield events

    async def give_up(self) -> tuple[TokensUsed, ...]:
        if not self._history.has_open_call:
            await write_off(self._around, self._run.id, epoch=self._run.epoch)
            return ()
        cut = await self._estimate_cut_call()
        await self._account.settle_lost(cut)
        return (cut,)

    def _take(self, step: Step) -> Events:
        match step.stage:
            case Stage.LOAD_PROMPTS:
                return self._load()
            case Stage.GENERATOR if (start := self._run.spec.rerun_of) is not None and start.draft is not None:
                return self._take_over(start)
            case Stage.GENERATOR | Stage.RETRY:
                return self._write(step)
            case Stage.FORMATTER:
                return self._write(step) if needs_formatting(self._run) else self._format()
            case Stage.VALIDATOR:
                return self._validate(step.attempt)
            case Stage.DONE:
                return self._end(end_valid(self._history))
            case Stage.FAIL:
                return self._end(end_at_limit(self._history, "attempts"))
            case _:
                assert_never(step.stage)

    async def _recover(self, reason: RestartReason) -> tuple[Event, ...]:
        """Account for the call that was cut, take its deltas back, and give up on a stage that kills its workers."""
        history = self._history
        cut = await self._estimate_cut_call() if history.has_open_call else None
        await self._account.settle_lost(cut)
        usage = () if cut is None else (cut,)
        if reason == "worker_lost" and history.losses + 1 >= LOSSES_ALLOWED:
            message = f"The run lost its worker {LOSSES_ALLOWED} times in one stage, so it was given up."
            end = end_failed(history, code="worker_lost", message=message, retryable=True)
            return self._narrator.tell(*usage, *end)
        stage = history.stage or Stage.LOAD_PROMPTS
        restart = StageRestarted(stage=stage, attempt=history.attempt, reason=reason, supersedes=history.superseded)
        return self._narrator.tell(*usage, restart)

    async def _estimate_cut_call(self) -> TokensUsed:
        """Guess what the call used that an earlier worker did not live to account for.

        What came of it is in its deltas. A call without any, for edits or a judgement, may have used all that it could.
        """
        stage = await self._writing_stage(next_step(self._history, attempts=self._attempts))
        model = self._history.model or self._run.spec.model
        request = evolve(stage.request(max_output_tokens=self._run.spec.limits.output_tokens), model=model)
        if stage.is_shown:
            output = estimate_tokens(self._history.partial.text if self._history.partial is not None else "")
        else:
            output = max(0, self._account.estimate(request).output_tokens)
        tokens = Tokens(input=estimate_tokens(request.text), output=output)
        used = tokens_used(stage, model, tokens, price=self._around.prices.find(model), is_estimated=True)
        return evolve(used, failure=INTERRUPTED)

    async def _load(self) -> Events:
        prompt = self._run.spec.prompt
        message = f"Loading prompt templates of {prompt.name} version {prompt.version}"
        yield self._narrator.tell(*self._narrator.progress(Stage.LOAD_PROMPTS, message, PERCENT[Stage.LOAD_PROMPTS]))
        await self._loaded()

    async def _take_over(self, start: RerunOf) -> Events:
        size = len(start.draft or "")
        yield self._narrator.tell(*await self._around.compute(size, read_given_draft, self._run, start))

    async def _write(self, step: Step) -> Events:
        writer = Writer(await self._writing_stage(step), self._run, self._narrator, self._around, self._account)
        async with aclosing(writer.write()) as steps:
            async for events in steps:
                yield events

    async def _format(self) -> Events:
        draft = self._history.draft
        assert draft is not None
        message = f"Formatting the draft as {self._run.spec.output_format}"
        progress = self._narrator.progress(Stage.FORMATTER, message, PERCENT[Stage.FORMATTER], attempt=1)
        yield self._narrator.tell(*progress)
        work = partial(format_attempt, stage=Stage.FORMATTER, attempt=1, raw=draft.draft, truncated=draft.truncated)
        yield self._narrator.tell(await self._around.compute(len(draft.draft), work, self._run))

    async def _validate(self, number: int) -> Events:
        prompts = await self._loaded()
        count = len(prompts.checks)
        message = f"Checking the text against {count} check{'' if count == 1 else 's'}"
        stage = Stage.VALIDATOR if number == 1 else Stage.RETRY
        retried = percent_of_retry(attempt=number, attempts=self._attempts, share=WRITING_SHARE)
        percent = PERCENT[stage] if number == 1 else retried
        yield self._narrator.tell(*self._narrator.progress(stage, message, percent, attempt=number))
        attempt = self._history.attempts[number]
        draft = self._history.draft.draft if number == 1 and self._history.draft else attempt.raw
        work = partial(judge_attempt, draft=draft)
        judged = await self._around.compute(len(draft), work, self._run, prompts, attempt)
        if not judged.passed:
            yield self._narrator.tell(judged)
            return
        if not needs_judge(self._run):
            yield self._narrator.tell(evolve(judged, judge=note_no_judge(self._run)))
            return
        async with aclosing(self._write(Step(stage=Stage.VALIDATOR, attempt=number))) as steps:
            async for events in steps:
                yield events

    async def _end(self, events: tuple[Event, ...]) -> Events:
        yield self._narrator.tell(*events)

    async def _writing_stage(self, step: Step) -> WritingStage:
        prompts = await self._loaded()
        if step.stage is Stage.GENERATOR:
            return GeneratorStage(run=self._run, prompts=prompts)
        if step.stage is Stage.FORMATTER:
            return make_formatting_stage(self._run)
        if step.stage is Stage.VALIDATOR:
            return make_judge_stage(self._run, prompts, step.attempt)
        return make_repair_stage(self._run, prompts, step.attempt)

    async def _loaded(self) -> LoadedPrompts:
        if self._prompts is None:
            size = sum(len(str(value)) for value in self._run.spec.request.inputs.values())
            self._prompts = await self._around.compute(size, load_prompts, self._run)
        return self._prompts
